//! The report of a crash: written to the log while the stack still stands.
//!
//! A bug shows as a panic. The hook writes the first half, the message and the stack; the panic
//! then unwinds to `main`, which still has the server and writes the second half, what it was
//! doing. Nothing is recorded on the way of a command for this.

use std::backtrace::Backtrace;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::log::RAW;

/// Whether reports are written (`crash-log-enabled`).
#[derive(Clone, Debug)]
pub struct CrashReports(Arc<AtomicBool>);

impl CrashReports {
    /// From now on every panic is reported; `version` is what the report calls the program.
    pub fn install(enabled: bool, version: String) -> CrashReports {
        let reports = CrashReports(Arc::new(AtomicBool::new(enabled)));
        let hooked = reports.clone();
        std::panic::set_hook(Box::new(move |info| {
            if hooked.enabled() {
                begin(info, &version);
            } else {
                log::error!("{info}");
            }
        }));
        reports
    }

    pub fn set_enabled(&self, enabled: bool) {
        self.0.store(enabled, Relaxed);
    }

    pub fn enabled(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// Ends a report with `facts`, each a heading and a text.
    pub fn end(&self, facts: &[(&str, String)]) {
        if !self.enabled() {
            return;
        }
        for (heading, text) in facts {
            log::error!(target: RAW, "\n------ {heading} ------\n{text}");
        }
        log::error!(
            target: RAW,
            "\n=== RUDDLE BUG REPORT END. Make sure to include from START to END. ===\n\n\
             Please report the crash with everything between these lines.\n"
        );
    }
}

fn begin(info: &PanicHookInfo<'_>, version: &str) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("without a name");
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    log::error!(
        target: RAW,
        "\n\n=== RUDDLE BUG REPORT START: Cut & paste starting from here ==="
    );
    log::error!("------------------------------------------------");
    log::error!("!!! Software Failure. {version}");
    log::error!("Guru Meditation: {message} #{place}, thread {name}");
    log::error!("------------------------------------------------");
    let stack = Backtrace::force_capture();
    log::error!(target: RAW, "\n------ STACK TRACE ------\n{stack}");
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::observe::log::{Log, Settings};

    const CHILD: &str = "RUDDLE_TEST_CRASH";

    /// The log and the hook are the process's, so the crash has a process of its own.
    #[test]
    fn a_report_has_its_start_its_stack_and_its_end() {
        if std::env::var_os(CHILD).is_some() {
            Log::install(&Settings::default()).unwrap();
            let reports = CrashReports::install(true, "Ruddle x".to_owned());
            let ended = std::panic::catch_unwind(|| panic!("the reason"));
            assert!(ended.is_err());
            return reports.end(&[("SERVER", "fact:1".to_owned())]);
        }
        let name = "observe::crash::tests::a_report_has_its_start_its_stack_and_its_end";
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let mut rest = &*text;
        for part in [
            "\n=== RUDDLE BUG REPORT START: Cut & paste starting from here ===\n",
            "Guru Meditation: the reason #src/observe/crash.rs:",
            "\n------ STACK TRACE ------\n",
            "a_report_has_its_start",
            "\n------ SERVER ------\nfact:1\n",
            "\n=== RUDDLE BUG REPORT END.",
        ] {
            let at = rest
                .find(part)
                .unwrap_or_else(|| panic!("{part:?} is not in\n{text}"));
            rest = &rest[at + part.len()..];
        }
    }
}
