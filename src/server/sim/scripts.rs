//! Runs by hand: what seeds have found that is not about what is kept.

use super::plan::Plan;
use super::table;
use super::world::World;
use crate::net::simulated::Pipe;
use crate::net::transport::Peer;
use crate::server::turn::Readiness;

#[test]
fn input_that_comes_between_two_waits_is_read() {
    let mut world = World::new(Plan::new(0), table(), false);
    let mut server = world.start(None).unwrap();
    let (pipe, transport) = Pipe::connect(1 << 20);
    server.welcome(transport, Peer::Unix("sim".into()));
    let key = server.clients.keys_by_id()[0];
    let readable = Readiness {
        readable: true,
        ..Readiness::default()
    };
    pipe.send(b"BLPOP a 0.1\r\nBLPOP b 0.1\r\n");
    server.note_readiness(key, readable);
    server.go_round().unwrap();
    // The first wait is over, the second command is next when more arrives.
    world.clock.advance_us(200_000);
    server.go_round().unwrap();
    pipe.send(b"PING\r\n");
    server.note_readiness(key, readable);
    for _ in 0..5 {
        server.go_round().unwrap();
        world.clock.advance_us(200_000);
    }
    assert_eq!(
        pipe.receive().escape_ascii().to_string(),
        r"*-1\r\n*-1\r\n+PONG\r\n"
    );
}
