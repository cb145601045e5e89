//! HTTP, as far as a page of metrics needs it: the head of a request, and a whole response.
//!
//! One request on a connection, GET or HEAD, no body; everything else gets its status and the
//! connection ends. Whoever reads from outside bounds what it keeps: [`HEAD_BYTES_MAX`].

use std::fmt::Write;

/// The longest head of a request.
pub const HEAD_BYTES_MAX: usize = 8 * 1024;

/// The most lines in it.
const HEADERS_MAX: usize = 64;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// Without what follows a `?`.
    pub path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    /// As GET, but nobody wants to see the body.
    Head,
}

/// What a response begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    BadRequest,
    NotFound,
    MethodNotAllowed,
    Timeout,
    HeadTooLong,
    Busy,
    VersionNotSupported,
}

impl Status {
    fn line(self) -> &'static str {
        match self {
            Status::Ok => "200 OK",
            Status::BadRequest => "400 Bad Request",
            Status::NotFound => "404 Not Found",
            Status::MethodNotAllowed => "405 Method Not Allowed",
            Status::Timeout => "408 Request Timeout",
            Status::HeadTooLong => "431 Request Header Fields Too Large",
            Status::Busy => "503 Service Unavailable",
            Status::VersionNotSupported => "505 HTTP Version Not Supported",
        }
    }
}

/// Reads the head of a request; `None` if more of it must come.
///
/// # Errors
/// The status that answers what is no such head, or asks for what is not done here.
pub fn parse(input: &[u8]) -> Result<Option<Request>, Status> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut headers);
    match head.parse(input) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) if input.len() > HEAD_BYTES_MAX => {
            return Err(Status::HeadTooLong);
        }
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Status::HeadTooLong),
        Err(httparse::Error::Version) => return Err(Status::VersionNotSupported),
        Err(_) => return Err(Status::BadRequest),
    }
    if input.len() > HEAD_BYTES_MAX {
        return Err(Status::HeadTooLong);
    }
    let method = match head.method {
        Some("GET") => Method::Get,
        Some("HEAD") => Method::Head,
        _ => return Err(Status::MethodNotAllowed),
    };
    let target = head.path.unwrap_or_default();
    let path = target.split(['?', '#']).next().unwrap_or_default();
    Ok(Some(Request {
        method,
        path: path.to_owned(),
    }))
}

/// A whole response, after which the connection ends. HEAD is told the length of a body it does not
/// get.
pub fn response(status: Status, method: Method, kind: &str, body: &str) -> Vec<u8> {
    let mut text = String::with_capacity(body.len() + 256);
    let (line, length) = (status.line(), body.len());
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "HTTP/1.1 {line}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n"
    );
    if status == Status::MethodNotAllowed {
        text.push_str("Allow: GET, HEAD\r\n");
    }
    text.push_str("\r\n");
    if method == Method::Get {
        text.push_str(body);
    }
    text.into_bytes()
}

/// A response that says no more than its status.
pub fn refusal(status: Status) -> Vec<u8> {
    let body = format!("{}\n", status.line());
    response(status, Method::Get, "text/plain; charset=utf-8", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, expected: Result<Option<(Method, &str)>, Status>) {
        let parsed = parse(head.as_bytes());
        let parsed = parsed.map(|request| request.map(|it| (it.method, it.path)));
        let expected = expected.map(|it| it.map(|(method, path)| (method, path.to_owned())));
        assert_eq!(parsed, expected, "{head:?}");
    }

    #[test]
    fn heads_of_requests_are_read() {
        let get = |path| Ok(Some((Method::Get, path)));
        check("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", get("/metrics"));
        check("GET /metrics HTTP/1.0\r\n\r\n", get("/metrics"));
        check("GET /metrics?name[]=x HTTP/1.1\r\n\r\n", get("/metrics"));
        check("HEAD / HTTP/1.1\r\n\r\n", Ok(Some((Method::Head, "/"))));
        check("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", get("/a"));
        check("GET /metrics HTTP/1.1\nHost: a\n\n", get("/metrics"));
        for refused in ["POST", "PUT", "DELETE", "OPTIONS", "get", "BREW"] {
            let head = format!("{refused} /metrics HTTP/1.1\r\n\r\n");
            check(&head, Err(Status::MethodNotAllowed));
        }
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for bad in [
            "\0\0\0\0",
            "GET\r\n\r\n",
            "GET /\r\n\r\n",
            "*1\r\n$4\r\nPING\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\na b: c\r\n\r\n",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
        check("GET / HTTP/2.0\r\n\r\n", Err(Status::VersionNotSupported));
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(HEAD_BYTES_MAX));
        check(&long, Err(Status::HeadTooLong));
        let endless = "GET /".to_owned() + &"a".repeat(HEAD_BYTES_MAX);
        check(&endless, Err(Status::HeadTooLong));
        let many = "GET / HTTP/1.1\r\n".to_owned() + &"a: b\r\n".repeat(HEADERS_MAX + 1) + "\r\n";
        check(&many, Err(Status::HeadTooLong));
    }

    /// Every beginning of a head is a beginning, and no mutation of it panics.
    #[test]
    fn a_head_in_pieces_and_a_damaged_one() {
        let head = b"GET /metrics?a=b HTTP/1.1\r\nHost: here\r\nAccept: */*\r\n\r\n";
        for end in 0..head.len() {
            assert_eq!(parse(&head[..end]), Ok(None), "{end}");
        }
        for at in 0..head.len() {
            for bit in 0..8 {
                let mut damaged = head.to_vec();
                damaged[at] ^= 1 << bit;
                drop(parse(&damaged));
            }
        }
    }

    #[test]
    fn responses_are_whole() {
        let body = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let got = body(response(Status::Ok, Method::Get, "text/plain", "abc"));
        assert!(got.starts_with("HTTP/1.1 200 OK\r\n") && got.ends_with("\r\n\r\nabc"));
        assert!(got.contains("\r\nContent-Length: 3\r\n"));
        assert!(got.contains("\r\nConnection: close\r\n"));
        let head = body(response(Status::Ok, Method::Head, "text/plain", "abc"));
        assert!(head.contains("\r\nContent-Length: 3\r\n") && head.ends_with("\r\n\r\n"));
        assert!(body(refusal(Status::MethodNotAllowed)).contains("\r\nAllow: GET, HEAD\r\n"));
    }
}
