//! What the allocator says of itself, and how it is told to give memory back.

#![expect(
    unsafe_code,
    reason = "the allocator's controls are named by text; nothing checks their types"
)]

use std::ffi::{CStr, CString, c_char};
use std::io;
use std::ptr;

use tikv_jemalloc_ctl::stats_print::{Options, stats_print};
use tikv_jemalloc_ctl::{epoch, raw};

/// Bytes, as the allocator counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocated {
    /// Given out.
    pub allocated: usize,
    /// In pages of which something is given out.
    pub active: usize,
    /// In the machine's memory, for the allocator.
    pub resident: usize,
}

/// What the allocator counts; `None` if it was built not to.
pub fn counts() -> Option<Allocated> {
    // What it shows is what it has looked at last.
    epoch::advance().ok()?;
    Some(Allocated {
        allocated: count(b"stats.allocated\0")?,
        active: count(b"stats.active\0")?,
        resident: count(b"stats.resident\0")?,
    })
}

fn count(name: &'static [u8]) -> Option<usize> {
    // SAFETY: all names that `counts` asks for are of numbers as wide as an address.
    unsafe { raw::read::<usize>(name) }.ok()
}

/// Gives all free pages back to the system. Takes some milliseconds for each gigabyte.
///
/// # Errors
/// If the allocator does not.
pub fn purge() -> io::Result<()> {
    // The arena of this number is all of them.
    trigger(b"arena.4096.purge")
}

/// All that the allocator has to tell, for people who know it.
///
/// # Errors
/// If it does not tell.
pub fn report() -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    stats_print(&mut text, Options::default())?;
    Ok(text)
}

/// Controls of numbers that tell the allocator whom to call, or where something lies.
const POINTERS: [&[u8]; 3] = [b"extent_hooks", b"experimental.", b"prof."];

/// The value of a control that is a number; `value`: what it is to be from now on. `None` if it
/// tells nothing.
///
/// # Errors
/// If there is no such control, it is no number, or it cannot be changed.
pub fn exchange(name: &[u8], value: Option<i64>) -> io::Result<Option<i64>> {
    let name = named(name)?;
    let names = |part: &&[u8]| memchr::memmem::find(name.to_bytes(), part).is_some();
    if POINTERS.iter().any(names) {
        return Err(io::Error::from_raw_os_error(libc::EPERM));
    }
    // Numbers are of several widths, and only the right one is taken. The lower bytes come first.
    for width in [8, 4, 2, 1] {
        let (mut before, mut before_width) = (0i64, width);
        let mut after = value.unwrap_or(0);
        let new: (*mut i64, usize) = match value {
            Some(_) => (&raw mut after, width),
            None => (ptr::null_mut(), 0),
        };
        // SAFETY: the name ends with a zero; both places are numbers with room for `width` bytes.
        let error = unsafe {
            let old = (&raw mut before).cast();
            tikv_jemalloc_sys::mallctl(
                name.as_ptr(),
                old,
                &raw mut before_width,
                new.0.cast(),
                new.1,
            )
        };
        match error {
            0 => return Ok(Some(before)),
            libc::EINVAL => {}
            // There are some that can only be set.
            libc::EPERM if value.is_some() => return set(&name, after, width).map(|()| None),
            error => return Err(io::Error::from_raw_os_error(error)),
        }
    }
    Err(io::Error::from_raw_os_error(libc::EINVAL))
}

fn set(name: &CStr, mut value: i64, width: usize) -> io::Result<()> {
    let new = (&raw mut value).cast();
    // SAFETY: the name ends with a zero; the place is a number with room for `width` bytes.
    let error = unsafe {
        tikv_jemalloc_sys::mallctl(name.as_ptr(), ptr::null_mut(), ptr::null_mut(), new, width)
    };
    done(error)
}

/// Has a control do what it is for that takes and gives no value.
///
/// # Errors
/// If there is none of this name.
pub fn trigger(name: &[u8]) -> io::Result<()> {
    let name = named(name)?;
    // SAFETY: the name ends with a zero; no value is taken or given.
    let error = unsafe {
        tikv_jemalloc_sys::mallctl(
            name.as_ptr(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            0,
        )
    };
    done(error)
}

/// The value of a control that is a text.
///
/// # Errors
/// If there is none of this name that is known to be a text.
pub fn text(name: &[u8]) -> io::Result<String> {
    const TEXTS: [&[u8]; 6] = [
        b"version",
        b"config.malloc_conf",
        b"opt.dss",
        b"opt.metadata_thp",
        b"opt.percpu_arena",
        b"opt.thp",
    ];
    if !TEXTS.contains(&name) {
        let error = trigger(name).err().and_then(|error| error.raw_os_error());
        return Err(io::Error::from_raw_os_error(error.unwrap_or(libc::EINVAL)));
    }
    let mut terminated = name.to_vec();
    terminated.push(0);
    // SAFETY: the name ends with a zero; these controls are texts that stay where they are.
    let text = unsafe { raw::read::<*const c_char>(&terminated) };
    let text = text.map_err(|error| io::Error::other(error.to_string()))?;
    // SAFETY: it ends with a zero, and stays where it is.
    let text = unsafe { CStr::from_ptr(text) };
    Ok(text.to_string_lossy().into_owned())
}

/// A name as the allocator takes it.
fn named(name: &[u8]) -> io::Result<CString> {
    CString::new(name).map_err(|_| io::Error::from_raw_os_error(libc::ENOENT))
}

fn done(error: i32) -> io::Result<()> {
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::{exchange, purge, report, text, trigger};

    #[test]
    fn controls_are_numbers_texts_or_neither() {
        assert!(
            exchange(b"arenas.narenas", None)
                .unwrap()
                .is_some_and(|count| count > 0)
        );
        assert!(exchange(b"epoch", Some(1)).unwrap().is_some());
        for name in [b"nosuch".as_slice(), b"arena.0.extent_hooks", b"version\0"] {
            assert!(exchange(name, None).is_err(), "{name:?}");
            assert!(text(name).is_err(), "{name:?}");
        }
        assert!(text(b"version").unwrap().starts_with("5."));
        assert!(text(b"stats.allocated").is_err());
        trigger(b"thread.tcache.flush").unwrap();
        assert!(trigger(b"nosuch").is_err());
    }

    #[test]
    fn it_tells_and_gives_back() {
        let text = String::from_utf8_lossy(&report().unwrap()).into_owned();
        assert!(text.contains("jemalloc statistics"), "{text}");
        purge().unwrap();
    }
}
