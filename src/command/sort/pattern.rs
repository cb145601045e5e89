//! Patterns of BY and GET: which string belongs to an element.

use crate::command::call::Call;
use crate::resp::reply::Reply;
use crate::value::{Str, Value};

/// Which string belongs to an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern<'a> {
    /// `#`: its own text.
    Element,
    /// No `*`: none.
    Nothing,
    /// `prefix*suffix`, the element in the place of the star: the string at that key; or, of the
    /// hash there, the value of a field (`prefix*suffix->field`).
    Key {
        prefix: &'a [u8],
        suffix: &'a [u8],
        field: Option<&'a [u8]>,
    },
}

const ARROW: &[u8] = b"->";

impl<'a> Pattern<'a> {
    /// The pattern that `text` is. An arrow with nothing behind it is part of the key.
    pub(super) fn new(text: &'a [u8]) -> Pattern<'a> {
        if text == b"#" {
            return Pattern::Element;
        }
        // As in C, where a zero byte ends a text, no star stands behind one.
        let star = text.iter().position(|byte| matches!(byte, b'*' | 0));
        let Some(star) = star.filter(|at| text[*at] == b'*') else {
            return Pattern::Nothing;
        };
        let (prefix, rest) = (&text[..star], &text[star + 1..]);
        let arrow = rest.windows(ARROW.len()).position(|two| two == ARROW);
        let arrow = arrow.filter(|at| at + ARROW.len() < rest.len());
        let (suffix, field) = match arrow {
            Some(at) => (&rest[..at], Some(&rest[at + ARROW.len()..])),
            None => (rest, None),
        };
        Pattern::Key {
            prefix,
            suffix,
            field,
        }
    }

    /// Looks up the string that belongs to `element` and shows it to `visit`; none if there is no
    /// such key, or of another type, or no such field.
    pub(super) fn look_up<R>(
        self,
        call: &mut Call<'_>,
        element: &[u8],
        visit: impl FnOnce(Str<'_>, &mut Reply) -> R,
    ) -> Option<R> {
        let Pattern::Key {
            prefix,
            suffix,
            field,
        } = self
        else {
            return None;
        };
        let key = [prefix, element, suffix].concat();
        let now = call.db.now();
        if let Some(entry) = call.db.read(&key) {
            let string = match (entry.value(), field) {
                (Value::String(string), None) => Some(string),
                (Value::Hash(hash), Some(field)) => hash.get(field, now),
                _ => None,
            };
            return string.map(|string| visit(string, call.reply));
        }
        call.missed(&key);
        None
    }
}
