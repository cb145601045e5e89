//! Command lines and the directives they make.

use super::*;

fn parse(args: &[&str]) -> (Option<String>, bool, String) {
    let args: Vec<Vec<u8>> = args.iter().map(|arg| arg.as_bytes().to_vec()).collect();
    let line = CommandLine::parse(&args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (line.file.map(text), line.stdin, text(line.options))
}

/// What the words are, and the file, standard input and directives that redis-server makes of
/// them.
type Case = (
    &'static [&'static str],
    Option<&'static str>,
    bool,
    &'static str,
);

const CASES: &[Case] = &[
    (&[], None, false, ""),
    (&["a.conf"], Some("a.conf"), false, ""),
    (&["-"], None, true, ""),
    (&["a.conf", "-"], Some("a.conf"), true, ""),
    (
        &["a.conf", "--port", "1", "-"],
        Some("a.conf"),
        true,
        r#"port "1" "#,
    ),
    (&["-", "--port", "1"], None, true, r#"port "1" "#),
    (&["--port", "1"], None, false, r#"port "1" "#),
    (
        &["--port", "1", "--timeout", "2"],
        None,
        false,
        "port \"1\" \ntimeout \"2\" ",
    ),
    (
        &["--port 1", "--timeout", "2"],
        None,
        false,
        "port 1 \ntimeout \"2\" ",
    ),
    (
        &["--save", "60", "1", "300", "10"],
        None,
        false,
        r#"save "60" "1" "300" "10" "#,
    ),
    (&["--save", "60 1"], None, false, r#"save "60 1" "#),
    (&["--save", ""], None, false, r#"save "" "#),
    (&["--save"], None, false, r#"save """#),
    (
        &["--save", "--appendonly", "yes"],
        None,
        false,
        "save \"\"\nappendonly \"yes\" ",
    ),
    (&["--port"], None, false, "port "),
    (
        &["--port", "--timeout", "7"],
        None,
        false,
        r#"port "--timeout" "7" "#,
    ),
    (
        &["--requirepass", "--x"],
        None,
        false,
        r#"requirepass "--x" "#,
    ),
    (
        &["--requirepass", "a\"b"],
        None,
        false,
        r#"requirepass "a\"b" "#,
    ),
    (
        &["--port", "1", "a.conf"],
        None,
        false,
        r#"port "1" "a.conf" "#,
    ),
    (
        &["--bind", "127.0.0.1", "-::1"],
        None,
        false,
        r#"bind "127.0.0.1" "-::1" "#,
    ),
    (&["--a", "-", "b"], None, false, r#"a "-" "b" "#),
];

#[test]
fn words_become_directives_as_in_redis() {
    for (args, file, stdin, options) in CASES {
        let wanted = (file.map(str::to_owned), *stdin, (*options).to_owned());
        assert_eq!(parse(args), wanted, "{args:?}");
    }
}
