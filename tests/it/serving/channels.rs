//! Many subscribers, slow ones, and those that vanish.

use super::limits::room_for;
use super::subject;
use crate::harness::client::{Client, NoReply};
use crate::harness::reply::Reply;
use crate::harness::wait_until;

/// Reads messages until the connection is closed.
fn is_cut_off(client: &mut Client) -> bool {
    loop {
        match client.read() {
            Ok(_) => {}
            Err(why) => return why == NoReply::Closed,
        }
    }
}

#[test]
fn two_thousand_subscribers_get_everything_in_order() {
    const MESSAGES: usize = 20;
    let Some(start) = subject() else { return };
    let (count, _alone) = room_for(2000);
    let server = start.args(["--maxclients", "2100"]).start();
    let mut control = server.connect();
    let mut subscribers: Vec<Client> = (0..count).map(|_| server.connect()).collect();
    for (index, client) in subscribers.iter_mut().enumerate() {
        if index % 2 == 0 {
            client.send(&["HELLO", "3"]).unwrap();
        }
        client.send(&["SUBSCRIBE", "news"]).unwrap();
        client
            .send(&["PSUBSCRIBE", &format!("own:{index}:*")])
            .unwrap();
    }
    for (index, client) in subscribers.iter_mut().enumerate() {
        for _ in 0..if index % 2 == 0 { 3 } else { 2 } {
            client.read().unwrap();
        }
    }
    for number in 0..MESSAGES {
        let heard = control.call(&["PUBLISH", "news", &number.to_string()]);
        assert_eq!(heard, Reply::Int(count as i64));
        let own = format!("own:{number}:x");
        assert_eq!(control.call(&["PUBLISH", &own, "y"]), Reply::Int(1));
    }
    for (index, client) in subscribers.iter_mut().enumerate() {
        for number in 0..MESSAGES {
            let (Reply::Array(items) | Reply::Push(items)) = client.read().unwrap() else {
                panic!("no message");
            };
            assert_eq!(items[2].text(), Some(number.to_string().as_bytes()));
            if index == number {
                client.read().unwrap();
            }
        }
    }
    drop(subscribers);
    wait_until("all have left", || {
        (control.info_number("stats", "pubsub_channels") == 0).then_some(())
    });
    assert_eq!(control.info_number("stats", "pubsub_patterns"), 0);
}

#[test]
fn who_does_not_read_is_cut_off_at_the_hard_limit_and_the_others_are_not() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let limit = "pubsub 1mb 0 0";
    control.call(&["CONFIG", "SET", "client-output-buffer-limit", limit]);
    let (mut slow, mut fast) = (server.connect(), server.connect());
    slow.words("SUBSCRIBE a");
    fast.words("SUBSCRIBE a");
    let message = vec![b'x'; 100_000];
    let mut published = 0;
    wait_until("the slow one is cut off", || {
        let count = control.call(&[b"PUBLISH".as_slice(), b"a", &message]);
        published += 1;
        fast.read().unwrap();
        (count == Reply::Int(1)).then_some(())
    });
    assert!(published > 10, "after {published} messages");
    assert!(is_cut_off(&mut slow));
    let cut = "client_output_buffer_limit_disconnections";
    assert_eq!(control.info_number("stats", cut), 1);
    assert_eq!(control.words("PUBLISH a last"), Reply::Int(1));
}

#[test]
fn who_is_behind_for_too_long_is_cut_off_at_the_soft_limit() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let limit = "pubsub 0 100kb 1";
    control.call(&["CONFIG", "SET", "client-output-buffer-limit", limit]);
    let mut slow = server.connect();
    slow.words("SUBSCRIBE a");
    let message = vec![b'x'; 2_000_000];
    control.call(&[b"PUBLISH".as_slice(), b"a", &message]);
    // Nothing more is sent: the upkeep notices.
    wait_until("the slow one is cut off", || {
        let none = Reply::Array(vec![Reply::Bulk(b"a".to_vec()), Reply::Int(0)]);
        (control.words("PUBSUB NUMSUB a") == none).then_some(())
    });
    assert!(is_cut_off(&mut slow));
}

#[test]
fn who_sends_no_more_or_resets_is_subscribed_no_more() {
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let mut half = server.connect();
    half.words("SUBSCRIBE a");
    half.end_sending();
    let mut gone = server.connect();
    gone.words("PSUBSCRIBE a*");
    drop(gone);
    wait_until("both have left", || {
        (control.words("PUBLISH a x") == Reply::Int(0)).then_some(())
    });
    assert!(is_cut_off(&mut half));
}
