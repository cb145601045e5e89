//! Clients that do not read what they are sent, of every class: they are cut off at their limit, and
//! the others are served meanwhile.

use super::subject;
use crate::harness::client::{Client, NoReply};
use crate::harness::server::Server;
use crate::harness::wait_until;

/// A server that cuts clients of these classes off at 1 MB.
fn limited(classes: &[&str]) -> Option<(Server, Client)> {
    let server = subject()?.start();
    let mut control = server.connect();
    for class in classes {
        let limit = format!("{class} 1mb 0 0");
        let set = control.call(&["CONFIG", "SET", "client-output-buffer-limit", &limit]);
        assert_eq!(set.to_string(), "+OK");
    }
    Some((server, control))
}

/// Does `act` until somebody is cut off; so often it was done.
fn until_cut_off(control: &mut Client, mut act: impl FnMut(&mut Client)) -> usize {
    let cut = "client_output_buffer_limit_disconnections";
    let before = control.info_number("stats", cut);
    let mut times = 0;
    wait_until("somebody is cut off", || {
        act(control);
        times += 1;
        (control.info_number("stats", cut) > before).then_some(())
    });
    assert_eq!(control.info_number("stats", cut), before + 1);
    times
}

fn is_cut_off(client: &mut Client) {
    loop {
        match client.read() {
            Ok(_) => {}
            Err(why) => return assert_eq!(why, NoReply::Closed),
        }
    }
}

#[test]
fn who_monitors_and_does_not_read_is_cut_off() {
    let Some((server, mut control)) = limited(&["normal"]) else {
        return;
    };
    let mut slow = server.connect();
    assert_eq!(slow.words("MONITOR").to_string(), "+OK");
    let mut good = server.connect();
    assert_eq!(good.words("MONITOR").to_string(), "+OK");
    let text = "x".repeat(50_000);
    let times = until_cut_off(&mut control, |control| {
        assert_eq!(control.call(&["ECHO", &text]).text(), Some(text.as_bytes()));
        while !good
            .read()
            .expect("what was done")
            .to_string()
            .contains("xxx")
        {}
    });
    assert!(times > 15, "after {times}");
    is_cut_off(&mut slow);
    // The other goes on.
    assert_eq!(control.words("ECHO last").to_string(), "\"last\"");
    while !good
        .read()
        .expect("what was done")
        .to_string()
        .contains("last")
    {}
}

/// A client that hears of all keys in this way.
fn tracking(server: &Server, how: &str) -> Client {
    let mut client = server.connect();
    assert!(!client.words("HELLO 3").is_error());
    let reply = client.words(&format!("CLIENT TRACKING ON BCAST {how}"));
    assert_eq!(reply.to_string(), "+OK");
    client
}

/// Changes keys with long names.
fn change_keys(control: &mut Client) {
    for key in 0..10 {
        let key = format!("{key}{}", "k".repeat(20_000));
        assert_eq!(control.call(&["SET", &key, "v"]).to_string(), "+OK");
    }
}

#[test]
fn who_is_told_of_keys_and_does_not_read_is_cut_off() {
    let Some((server, mut control)) = limited(&["normal"]) else {
        return;
    };
    let mut slow = tracking(&server, "PREFIX 1 PREFIX 2");
    let mut good = tracking(&server, "PREFIX 3");
    until_cut_off(&mut control, |control| {
        change_keys(control);
        assert!(good.read().expect("a push").to_string().contains("3kkk"));
    });
    is_cut_off(&mut slow);
    assert_eq!(control.info_number("clients", "tracking_clients"), 1);
}

#[test]
fn to_whom_others_redirect_and_who_does_not_read_is_cut_off() {
    for (class, subscribes) in [("normal", false), ("pubsub", true)] {
        let Some((server, mut control)) = limited(&[class]) else {
            return;
        };
        let mut target = server.connect();
        let id = target.words("CLIENT ID").int().expect("an id");
        match subscribes {
            true => target.words("SUBSCRIBE __redis__:invalidate"),
            false => target.words("HELLO 3"),
        };
        let mut reader = tracking(&server, &format!("REDIRECT {id}"));
        until_cut_off(&mut control, change_keys);
        is_cut_off(&mut target);
        assert_eq!(control.words("SET k v").to_string(), "+OK");
        let broken = format!(r#">["tracking-redir-broken" :{id}]"#);
        assert_eq!(reader.read().expect("a push").to_string(), broken);
        // It hears so of each key; then it ends that.
        reader.send(&["CLIENT", "TRACKING", "OFF"]).expect("sent");
        wait_until("the reply", || {
            let reply = reader.read().expect("a reply").to_string();
            assert!(reply == broken || reply == "+OK", "{reply}");
            (reply == "+OK").then_some(())
        });
    }
}
