//! Groups of the system by their names.

use std::fs;
use std::io;

/// The number of the group called `name`, or that `name` is the number of.
///
/// # Errors
/// If there is no such group in `/etc/group`.
pub fn group_id(name: &str) -> io::Result<u32> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let groups = fs::read_to_string("/etc/group")?;
    // name:password:number:members
    let id = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == name).then(|| fields.nth(1)?.parse().ok())?
    });
    id.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such group"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_go_by_name_and_by_number() {
        assert_eq!(group_id("root").unwrap(), 0);
        assert_eq!(group_id("33").unwrap(), 33);
        assert!(group_id("no such group").is_err());
    }
}
