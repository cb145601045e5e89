//! Glob patterns over bytes, as KEYS, SCAN, PSUBSCRIBE and CONFIG GET match them.
//!
//! `*` is any run of bytes, `?` one byte, `[…]` one byte of a class (`a-z` ranges, `^` first
//! negates, `\` takes the next byte as it stands), `\` elsewhere takes the next byte literally.
//! The corners are Redis's, because clients have come to rely on them:
//!
//! - a class without its `]` ends with the pattern; `[]` is empty, `[^]` is any byte;
//! - a range counts bytes as *signed* and may stand backwards; `a-]` at a pattern's end is a range;
//! - without case, an escaped byte within a class still keeps its case;
//! - the empty text is matched by the empty pattern alone, not even by `*`.
//!
//! A pattern is read where it lies, never compiled: its length costs no memory.
//! What most patterns are (a literal, a literal with one star, a literal between stars) is seen
//! once in [`Glob::new`] and matched by comparing slices. For the rest, every element but the star
//! takes exactly one byte, so a mismatch need only be retried from the latest star: the work is at
//! most pattern × text, never exponential.

use memchr::memmem::Finder;

/// Whether upper and lower case differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Sensitive,
    /// ASCII letters match in either case.
    Ignored,
}

/// A pattern, ready to match.
#[derive(Clone, Debug)]
pub struct Glob<'p> {
    pattern: &'p [u8],
    case: Case,
    shape: Shape<'p>,
}

/// What a pattern turns out to be; literals here hold no byte with a meaning of its own.
#[derive(Clone, Debug)]
enum Shape<'p> {
    Literal,
    /// A literal, stars, a literal; both may be empty.
    Affixes(&'p [u8], &'p [u8]),
    /// Stars, a literal, stars.
    Contains(Box<Finder<'p>>),
    General,
}

impl<'p> Glob<'p> {
    /// The glob that `pattern` spells.
    pub fn new(pattern: &'p [u8], case: Case) -> Glob<'p> {
        Glob {
            pattern,
            case,
            shape: shape(pattern, case),
        }
    }

    /// Whether the pattern is a single `*`, which commands take as "no pattern": it lets the empty
    /// key through.
    pub fn is_everything(&self) -> bool {
        self.pattern == b"*"
    }

    /// The only text the pattern matches, if it has nothing but plain bytes.
    pub fn literal(&self) -> Option<&'p [u8]> {
        match (&self.shape, self.case) {
            (Shape::Literal, Case::Sensitive) => Some(self.pattern),
            _ => None,
        }
    }

    /// Whether the pattern matches the whole of `text`.
    pub fn matches(&self, text: &[u8]) -> bool {
        if text.is_empty() {
            return self.pattern.is_empty();
        }
        match &self.shape {
            Shape::Literal => self.equal(self.pattern, text),
            Shape::Affixes(head, tail) => {
                text.len() >= head.len() + tail.len()
                    && self.equal(head, &text[..head.len()])
                    && self.equal(tail, &text[text.len() - tail.len()..])
            }
            Shape::Contains(finder) => finder.find(text).is_some(),
            Shape::General => self.matches_general(text),
        }
    }

    fn equal(&self, literal: &[u8], text: &[u8]) -> bool {
        match self.case {
            Case::Sensitive => literal == text,
            Case::Ignored => literal.eq_ignore_ascii_case(text),
        }
    }

    fn matches_general(&self, text: &[u8]) -> bool {
        let pattern = self.pattern;
        // Where to resume after a mismatch: behind the latest star, and the byte it is to eat next.
        let mut star: Option<(usize, usize)> = None;
        let (mut at, mut done) = (0, 0);
        while done < text.len() {
            if pattern.get(at) == Some(&b'*') {
                at += 1;
                if at == pattern.len() {
                    return true;
                }
                star = Some((at, done));
                continue;
            }
            let (hit, next) = self.element(at, text[done]);
            if hit {
                (at, done) = (next, done + 1);
                continue;
            }
            let Some((behind, eaten)) = star else {
                return false;
            };
            (at, done) = (behind, eaten + 1);
            star = Some((behind, done));
        }
        // Elements left would need bytes left, and a later start leaves even fewer.
        pattern[at..].iter().all(|byte| *byte == b'*')
    }

    /// Whether the element at `at` (no star) takes `byte`, and where the next element begins.
    /// Behind the pattern's end nothing is taken.
    fn element(&self, at: usize, byte: u8) -> (bool, usize) {
        match self.pattern[at..] {
            [] => (false, at),
            [b'?', ..] => (true, at + 1),
            [b'[', ..] => self.class(at + 1, byte),
            [b'\\', literal, ..] => (self.same(literal, byte), at + 2),
            [literal, ..] => (self.same(literal, byte), at + 1),
        }
    }

    /// Whether the class whose inside begins at `at` has `byte`, and what begins behind its `]`.
    fn class(&self, mut at: usize, byte: u8) -> (bool, usize) {
        let negated = self.pattern.get(at) == Some(&b'^');
        at += usize::from(negated);
        let mut found = false;
        loop {
            match self.pattern[at..] {
                [] => return (found != negated, at),
                [b'\\', literal, ..] => {
                    found |= literal == byte;
                    at += 2;
                }
                [b']', ..] => return (found != negated, at + 1),
                [from, b'-', to, ..] => {
                    found |= self.in_range(from, to, byte);
                    at += 3;
                }
                [literal, ..] => {
                    found |= self.same(literal, byte);
                    at += 1;
                }
            }
        }
    }

    fn in_range(&self, from: u8, to: u8, byte: u8) -> bool {
        let signed = |byte: u8| byte.cast_signed();
        let (from, to) = if signed(from) > signed(to) {
            (to, from)
        } else {
            (from, to)
        };
        let fold = |byte: u8| signed(self.fold(byte));
        (fold(from)..=fold(to)).contains(&fold(byte))
    }

    fn same(&self, literal: u8, byte: u8) -> bool {
        self.fold(literal) == self.fold(byte)
    }

    fn fold(&self, byte: u8) -> u8 {
        match self.case {
            Case::Sensitive => byte,
            Case::Ignored => byte.to_ascii_lowercase(),
        }
    }
}

fn shape(pattern: &[u8], case: Case) -> Shape<'_> {
    let is_star = |byte: &u8| *byte == b'*';
    if pattern
        .iter()
        .any(|byte| matches!(byte, b'?' | b'[' | b'\\'))
    {
        return Shape::General;
    }
    let Some(first) = pattern.iter().position(is_star) else {
        return Shape::Literal;
    };
    let last = pattern.iter().rposition(is_star).unwrap_or(first);
    if pattern[first..=last].iter().all(is_star) {
        return Shape::Affixes(&pattern[..first], &pattern[last + 1..]);
    }
    // Between the outer runs of stars.
    let plain = |byte: &u8| *byte != b'*';
    let from = pattern.iter().position(plain).unwrap_or(0);
    let to = pattern.iter().rposition(plain).unwrap_or(0) + 1;
    let inner = &pattern[from..to];
    let framed = from > 0 && to < pattern.len();
    if framed && case == Case::Sensitive && inner.iter().all(plain) {
        return Shape::Contains(Box::new(Finder::new(inner)));
    }
    Shape::General
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What real servers matched: the format is told in the file's head.
    const RECORDED: &str = include_str!("../../tests/data/glob.txt");

    fn decode(word: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = word.as_bytes();
        while let [first, tail @ ..] = rest {
            rest = tail;
            if *first == b'%' && !tail.is_empty() {
                let digits = std::str::from_utf8(&tail[..2]).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
                rest = &tail[2..];
            } else if *first != b'%' {
                bytes.push(*first);
            }
        }
        bytes
    }

    #[test]
    fn agrees_with_what_real_servers_matched() {
        let (mut texts, mut names) = (Vec::new(), Vec::new());
        let mut checked = 0;
        for line in RECORDED.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let kind = words.next().unwrap();
            let mut words: Vec<Vec<u8>> = words.map(decode).collect();
            let (case, candidates) = match kind {
                "texts" => {
                    texts = words;
                    continue;
                }
                "names" => {
                    names = words;
                    continue;
                }
                "keys" => (Case::Sensitive, &texts),
                _ => (Case::Ignored, &names),
            };
            let pattern = words.remove(0);
            let glob = Glob::new(&pattern, case);
            for text in candidates {
                let (ours, theirs) = (glob.matches(text), words.contains(text));
                assert_eq!(ours, theirs, "{line}: {}", text.escape_ascii());
                checked += 1;
            }
        }
        assert!(checked > 50_000);
    }

    #[test]
    fn every_shape_matches_as_the_general_one() {
        let mut random = fastrand::Rng::with_seed(5);
        let mut word = |letters: &[u8], len| -> Vec<u8> {
            let len = random.usize(..=len);
            (0..len)
                .map(|_| letters[random.usize(..letters.len())])
                .collect()
        };
        for _ in 0..20_000 {
            let (pattern, text) = (word(b"ab*B", 6), word(b"abB", 8));
            for case in [Case::Sensitive, Case::Ignored] {
                let glob = Glob::new(&pattern, case);
                let general = if text.is_empty() {
                    pattern.is_empty()
                } else {
                    glob.matches_general(&text)
                };
                let told = (pattern.escape_ascii(), text.escape_ascii());
                assert_eq!(glob.matches(&text), general, "{told:?}");
            }
        }
    }

    #[test]
    fn many_stars_cost_no_more_than_pattern_times_text() {
        let pattern = b"*a?".repeat(2_000);
        let text = b"a".repeat(3_000);
        assert!(!Glob::new(&pattern, Case::Sensitive).matches(&text));
        let pattern = [b"a*".repeat(30_000), b"b".to_vec()].concat();
        let text = b"a".repeat(50_000);
        assert!(!Glob::new(&pattern, Case::Sensitive).matches(&text));
    }

    #[test]
    fn a_literal_is_known_as_one() {
        let literal = |pattern| Glob::new(pattern, Case::Sensitive).literal().is_some();
        assert!(literal(b"user:1") && literal(b"") && literal(b"a]b^-"));
        assert!(!literal(b"user:?") && !literal(b"a\\*") && !literal(b"*") && !literal(b"[a"));
        assert!(Glob::new(b"abc", Case::Ignored).literal().is_none());
    }
}
