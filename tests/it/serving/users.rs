//! Users in files: the ACL file and the configuration, read at the start, written, read again.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::subject;
use crate::harness::client::Client;
use crate::harness::server::{Server, Start, fresh_dir};

fn lines(client: &mut Client) -> Vec<String> {
    let reply = client.words("ACL LIST");
    let lines = reply.elements().expect("an array").iter();
    let text = |line: &[u8]| String::from_utf8_lossy(line).replace(" sanitize-payload", "");
    lines
        .map(|line| text(line.text().expect("a line")))
        .collect()
}

fn says(client: &mut Client, line: &str) -> String {
    let reply = client.words(line);
    String::from_utf8_lossy(reply.text().unwrap_or_default()).into_owned()
}

/// Only the names of files and programs differ from Redis's words here.
#[test]
fn a_file_of_users_is_read_written_and_read_again() {
    let Some(start) = subject() else { return };
    let dir = fresh_dir();
    let file = dir.join("users.acl");
    let path = file.display().to_string();
    let text = "user alice on nopass ~a:* +@all -del\n\n  user bob off >pw (+get ~b)\r\n";
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let server = start.args(["--aclfile", &path]).start();
    let mut client = server.connect();
    let alice = "user alice on nopass ~a:* resetchannels -@all +@all -del";
    let alice = alice.replace("-@all +@all", "+@all");
    let hash = "30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4";
    let bob = format!("user bob off #{hash} resetchannels -@all (~b resetchannels -@all +get)");
    let default = "user default on nopass ~* &* +@all";
    assert_eq!(lines(&mut client), [&alice, &bob, default]);

    let mut other = server.connect();
    assert_eq!(says(&mut other, "AUTH alice x"), "OK");
    assert_eq!(says(&mut client, "ACL SETUSER carol on ~c"), "OK");
    assert_eq!(says(&mut client, "ACL SAVE"), "OK");
    let carol = "user carol on ~c resetchannels -@all";
    let written = fs::read_to_string(&file)
        .unwrap()
        .replace(" sanitize-payload", "");
    let all = [&alice, &bob, carol, default];
    assert_eq!(written, all.join("\n") + "\n");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "a secret file stays one");
    assert_eq!(
        fs::read_dir(&dir).unwrap().count(),
        1,
        "nothing is left beside it"
    );

    // All of it or nothing.
    fs::write(
        &file,
        "user alice on\nuser dave +nosuch\nuser alice off\nwhat\n",
    )
    .unwrap();
    let refused = says(&mut client, "ACL LOAD");
    let wanted = format!(
        "ERR {path}:2: Error in applying operation '+nosuch': Unknown command or category name in \
         ACL. WARNING: Duplicate user 'alice' found on line 3. {path}:4 should start with user \
         keyword followed by the username. WARNING: ACL errors detected, no change to the \
         previously active ACL rules was performed"
    );
    assert_eq!(refused, wanted);
    assert_eq!(lines(&mut client), all);
    assert_eq!(says(&mut other, "ACL WHOAMI"), "alice");

    // Who is still there stays, who is not goes.
    fs::write(&file, "user alice on nopass -@all +acl|whoami\n").unwrap();
    assert_eq!(says(&mut client, "ACL LOAD"), "OK");
    assert_eq!(says(&mut other, "ACL WHOAMI"), "alice");
    assert!(says(&mut other, "PING").starts_with("NOPERM"));
    fs::write(&file, "").unwrap();
    assert_eq!(says(&mut client, "ACL LOAD"), "OK");
    assert!(other.closes());
    assert_eq!(lines(&mut client), [default]);

    fs::remove_file(&file).unwrap();
    let refused = says(&mut client, "ACL LOAD");
    assert!(refused.ends_with("No such file or directory"), "{refused}");
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn a_bad_file_of_users_starts_nothing() {
    let dir = fresh_dir();
    let file = dir.join("users.acl");
    let path = file.display().to_string();
    let refusal = |text: &str, args: &[&str]| {
        fs::write(&file, text).unwrap();
        let start = Start::ruddle().args(["--aclfile", &path]);
        let (status, log) = start.args(args.iter().copied()).refused();
        assert!(!status.success(), "{log}");
        log
    };
    let cases = [
        (
            "user a +nosuch\n",
            ":1: Error in applying operation '+nosuch'",
        ),
        (
            "\nuser a on\nuser a on\n",
            "Duplicate user 'a' found on line 3",
        ),
        ("# users\n", ":1 should start with user keyword"),
        (
            "user a (+get\n",
            ":1: Unmatched parenthesis in selector definition",
        ),
        ("user a \"~x\n", ":1: unbalanced quotes in acl line"),
    ];
    for (text, wanted) in cases {
        let log = refusal(text, &[]);
        assert!(log.contains(wanted), "{text}: {log}");
    }
    let log = refusal("", &["--user", "a on"]);
    assert!(log.contains("but not both"), "{log}");
    fs::remove_dir_all(dir).unwrap();
}

fn from_config(text: &str) -> (std::path::PathBuf, Start) {
    let file = fresh_dir().join("ruddle.conf");
    fs::write(&file, text).unwrap();
    let start = Start::ruddle().config_file(&file);
    (file, start)
}

#[test]
fn users_of_the_configuration() {
    let text = "requirepass old\nuser default on >new ~* &* +@all\nuser w on nopass ~w:* +@write\n";
    let (file, start) = from_config(text);
    let server: Server = start.start();
    let mut client = server.connect();
    assert!(says(&mut client, "AUTH old").starts_with("WRONGPASS"));
    assert_eq!(says(&mut client, "AUTH new"), "OK");
    assert_eq!(
        says(
            &mut client,
            "ACL SETUSER \"q'\" on ~\"a\\\"b\" (+get ~c\\\\)"
        ),
        "OK"
    );
    let before = lines(&mut client);
    assert_eq!(before.len(), 3);
    assert_eq!(says(&mut client, "CONFIG SET requirepass again"), "OK");
    assert_eq!(says(&mut client, "CONFIG REWRITE"), "OK");
    let after = lines(&mut client);
    let rewritten = fs::read_to_string(&file).unwrap();
    assert_eq!(rewritten.matches("\nuser ").count(), 3, "{rewritten}");
    let own_dir = server.dir().display().to_string();
    let dir = file.parent().unwrap().display().to_string();
    fs::write(&file, rewritten.replace(&own_dir, &dir)).unwrap();
    drop(server);

    let server = Start::ruddle().config_file(&file).start();
    let mut client = server.connect();
    assert!(says(&mut client, "AUTH new").starts_with("WRONGPASS"));
    assert_eq!(says(&mut client, "AUTH again"), "OK");
    assert_eq!(lines(&mut client), after);
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
}

#[test]
fn wrong_users_of_the_configuration_are_refused_with_their_line() {
    let cases = [
        ("user a foo", "Error in user declaration 'a': Syntax error"),
        (
            "user a +nosuch",
            "Error in user declaration 'a': Unknown command or category name",
        ),
        ("user 'a b' on", "Spaces not allowed in ACL usernames"),
        (
            "user a (+get",
            "Error in user declaration 'a': Wrong format",
        ),
    ];
    for (line, wanted) in cases {
        let (file, start) = from_config(&format!("timeout 3\n{line}\n"));
        let (status, log) = start.refused();
        assert!(!status.success() && log.contains(wanted), "{line}: {log}");
        assert!(log.contains("at line 2 of "), "{log}");
        fs::remove_dir_all(file.parent().unwrap()).unwrap();
    }
    let (file, start) = from_config("user a on\nuser a off\n");
    let (_, log) = start.refused();
    assert!(
        log.contains("Duplicate user found. A user can only be defined once"),
        "{log}"
    );
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
}
