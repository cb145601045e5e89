//! What clients do to each other, and to themselves.

use super::subject;
use crate::harness::client::encode;
use crate::harness::reply::Reply;

/// One that keeps a window of requests under way never has everything, and for long.
#[test]
fn replies_that_were_sent_are_not_kept_while_others_wait() {
    const WINDOW: usize = 600;
    const REPLIES: usize = 12_000;
    let Some(start) = subject() else { return };
    let server = start.start();
    let mut control = server.connect();
    let value = "x".repeat(10_000);
    assert_eq!(control.call(&["SET", "k", &value]).to_string(), "+OK");
    let mut client = server.connect();
    let request = encode(&["GET", "k"]);
    client.send_raw(&request.repeat(WINDOW)).unwrap();
    for turn in 0..REPLIES {
        assert_eq!(client.read(), Ok(Reply::Bulk(value.clone().into_bytes())));
        client.send_raw(&request).unwrap();
        if turn % 1000 == 999 {
            let list = control.words("CLIENT LIST").to_string();
            let bytes = list.split([' ', '\n']).filter_map(|word| {
                let bytes = word.strip_prefix("tot-mem=")?;
                bytes.parse::<usize>().ok()
            });
            let most = bytes.max().unwrap();
            assert!(most < 40_000_000, "after {turn}: {most}");
        }
    }
}
