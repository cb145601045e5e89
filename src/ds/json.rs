//! Writes JSON, for programs that read what a tool found.
//!
//! ```
//! let text = ruddle::ds::json::object(|o| {
//!     o.text("file", "a.aof");
//!     o.number("bytes", 12);
//!     o.list("errors", |l| l.text("torn"));
//! });
//! assert_eq!(text, r#"{"file":"a.aof","bytes":12,"errors":["torn"]}"#);
//! ```
//!
//! JSON has no bytes, only text: bytes that are not UTF-8 become an object with their hexadecimal
//! digits, `{"hex":"ff00"}`, so that no two of them look alike.

use std::fmt::Display;
use std::fmt::Write;

/// An object under construction.
pub struct Object<'t> {
    text: &'t mut String,
    is_empty: bool,
}

/// A list under construction.
pub struct List<'t> {
    text: &'t mut String,
    is_empty: bool,
}

/// The text of an object.
pub fn object(fill: impl FnOnce(&mut Object<'_>)) -> String {
    let mut text = String::new();
    put_object(&mut text, fill);
    text
}

/// `text` in quotes.
pub fn quoted(text: &str) -> String {
    let mut json = String::new();
    put_quoted(&mut json, text);
    json
}

fn put_object(text: &mut String, fill: impl FnOnce(&mut Object<'_>)) {
    text.push('{');
    fill(&mut Object {
        text,
        is_empty: true,
    });
    text.push('}');
}

fn put_list(text: &mut String, fill: impl FnOnce(&mut List<'_>)) {
    text.push('[');
    fill(&mut List {
        text,
        is_empty: true,
    });
    text.push(']');
}

fn put_quoted(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '\n' => json.push_str("\\n"),
            _ if character.is_control() => put(json, format_args!("\\u{:04x}", character as u32)),
            _ => json.push(character),
        }
    }
    json.push('"');
}

fn put_bytes(json: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => put_quoted(json, text),
        Err(_) => put_object(json, |o| {
            o.name("hex").push('"');
            bytes
                .iter()
                .for_each(|byte| put(o.text, format_args!("{byte:02x}")));
            o.text.push('"');
        }),
    }
}

/// Infinities have no number in JSON.
fn put_double(json: &mut String, number: f64) {
    match number.is_finite() {
        true => put(json, number),
        false => put_quoted(json, &number.to_string()),
    }
}

fn put(json: &mut String, what: impl Display) {
    write!(json, "{what}").expect("a string takes all");
}

impl Object<'_> {
    fn name(&mut self, name: &str) -> &mut String {
        if !std::mem::take(&mut self.is_empty) {
            self.text.push(',');
        }
        put_quoted(self.text, name);
        self.text.push(':');
        self.text
    }

    /// A text.
    pub fn text(&mut self, name: &str, text: &str) {
        put_quoted(self.name(name), text);
    }

    /// Bytes, as text if they are.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) {
        put_bytes(self.name(name), bytes);
    }

    /// An integer.
    pub fn number(&mut self, name: &str, number: impl Into<i128>) {
        put(self.name(name), number.into());
    }

    /// A number or, if there is none, null.
    pub fn maybe(&mut self, name: &str, number: Option<impl Into<i128>>) {
        match number {
            Some(number) => self.number(name, number),
            None => self.name(name).push_str("null"),
        }
    }

    /// True or false.
    pub fn flag(&mut self, name: &str, flag: bool) {
        put(self.name(name), flag);
    }

    /// An object.
    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        put_object(self.name(name), fill);
    }

    /// A list.
    pub fn list(&mut self, name: &str, fill: impl FnOnce(&mut List<'_>)) {
        put_list(self.name(name), fill);
    }
}

impl List<'_> {
    fn next(&mut self) -> &mut String {
        if !std::mem::take(&mut self.is_empty) {
            self.text.push(',');
        }
        self.text
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        put_quoted(self.next(), text);
    }

    /// Bytes, as text if they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        put_bytes(self.next(), bytes);
    }

    /// An integer.
    pub fn number(&mut self, number: impl Into<i128>) {
        put(self.next(), number.into());
    }

    /// A double.
    pub fn double(&mut self, number: f64) {
        put_double(self.next(), number);
    }

    /// An object.
    pub fn object(&mut self, fill: impl FnOnce(&mut Object<'_>)) {
        put_object(self.next(), fill);
    }

    /// A list.
    pub fn list(&mut self, fill: impl FnOnce(&mut List<'_>)) {
        put_list(self.next(), fill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_text_is_escaped() {
        assert_eq!(quoted("a\"b\\c\nd\u{7}é"), r#""a\"b\\c\nd\u0007é""#);
        let text = object(|o| {
            o.bytes("plain", "é".as_bytes());
            o.bytes("bytes", b"\xff\x00a");
            o.maybe("none", None::<u64>);
            o.flag("flag", true);
            o.object("empty", |_| {});
            o.list("list", |l| {
                l.double(1.5);
                l.double(f64::NEG_INFINITY);
                l.number(u64::MAX);
                l.list(|_| {});
                l.object(|o| o.number("n", -1));
                l.bytes(b"\x80");
            });
        });
        let wanted = concat!(
            r#"{"plain":"é","bytes":{"hex":"ff0061"},"none":null,"flag":true,"empty":{},"#,
            r#""list":[1.5,"-inf",18446744073709551615,[],{"n":-1},{"hex":"80"}]}"#
        );
        assert_eq!(text, wanted);
    }
}
