//! Processor time used, as the kernel counts it.

#![expect(
    unsafe_code,
    reason = "getrusage has no safe binding among our dependencies"
)]

use std::time::Duration;

/// Whose time is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// All threads of the process.
    Process,
    /// Processes it started and waited for.
    Children,
    /// The thread that asks.
    Thread,
}

/// Processor time in and out of the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    pub system: Duration,
    pub user: Duration,
}

/// The processor time used so far; zero if the kernel will not say.
pub fn cpu_time(of: Of) -> CpuTime {
    let who = match of {
        Of::Process => libc::RUSAGE_SELF,
        Of::Children => libc::RUSAGE_CHILDREN,
        Of::Thread => libc::RUSAGE_THREAD,
    };
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a writable `rusage`, which is all the call asks for.
    let status = unsafe { libc::getrusage(who, usage.as_mut_ptr()) };
    if status != 0 {
        return CpuTime::default();
    }
    // SAFETY: zeroed, and since filled in by a call that succeeded; any bits are valid integers.
    let usage = unsafe { usage.assume_init() };
    CpuTime {
        system: duration(usage.ru_stime),
        user: duration(usage.ru_utime),
    }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let us = u64::try_from(time.tv_usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_has_used_at_least_what_its_thread_has() {
        let thread = cpu_time(Of::Thread);
        let process = cpu_time(Of::Process);
        assert!(process.user + process.system >= thread.user + thread.system);
        assert!(cpu_time(Of::Children).user < Duration::from_secs(86_400));
    }
}
