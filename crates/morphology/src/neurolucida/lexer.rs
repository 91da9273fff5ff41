use crate::MorphologyError;

/// A token of a Neurolucida file. Commas separate like white space, `;` starts a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `|`
    Bar,
    /// `<`
    SpineOpen,
    /// `>`
    SpineClose,
    /// `"…"`, without the quotes; there are no escapes.
    Text(&'a [u8]),
    /// Anything else up to the next delimiter: a name or a number.
    Word(&'a [u8]),
}

impl Token<'_> {
    /// The token as a message shows it, shortened.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Open => "(".into(),
            Self::Close => ")".into(),
            Self::Bar => "|".into(),
            Self::SpineOpen => "<".into(),
            Self::SpineClose => ">".into(),
            Self::Text(text) | Self::Word(text) => shown(text),
        }
    }
}

/// Bytes as a message shows them: at most 40 characters, what is not UTF-8 replaced.
pub(super) fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(40).collect()
}

/// Splits a Neurolucida file into tokens and counts lines. Cheap to clone, to look ahead.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, line: 1 }
    }

    /// The next token and the line it starts on; none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<(usize, Token<'a>)>, MorphologyError> {
        self.skip_blank();
        let line = self.line;
        let Some(&first) = self.bytes.get(self.at) else { return Ok(None) };
        self.at += 1;
        let token = match first {
            b'(' => Token::Open,
            b')' => Token::Close,
            b'|' => Token::Bar,
            b'<' => Token::SpineOpen,
            b'>' => Token::SpineClose,
            b'"' => {
                let rest = &self.bytes[self.at..];
                let Some(length) = rest.iter().position(|&b| b == b'"') else {
                    return Err(MorphologyError::Unclosed { line, opener: '"' });
                };
                let text = &rest[..length];
                self.line += (0..length).filter(|&i| ends_line(rest, i)).count();
                self.at += length + 1;
                Token::Text(text)
            }
            _ => {
                let rest = &self.bytes[self.at - 1..];
                let length = rest.iter().position(|&b| ends_word(b)).unwrap_or(rest.len());
                self.at += length - 1;
                Token::Word(&rest[..length])
            }
        };
        Ok(Some((line, token)))
    }

    /// The next token without moving on.
    pub(super) fn peek(&self) -> Result<Option<(usize, Token<'a>)>, MorphologyError> {
        self.clone().next()
    }

    /// Moves behind the `)` or `>` that closes what was opened last, on `line`.
    pub(super) fn skip_block(&mut self, line: usize, opener: char) -> Result<(), MorphologyError> {
        let (open, close) = if opener == '<' {
            (Token::SpineOpen, Token::SpineClose)
        } else {
            (Token::Open, Token::Close)
        };
        let mut depth = 1_usize;
        while let Some((_, token)) = self.next()? {
            if token == open {
                depth += 1;
            } else if token == close {
                depth -= 1;
                if depth == 0 {
                    return Ok(());
                }
            }
        }
        Err(MorphologyError::Unclosed { line, opener })
    }

    fn skip_blank(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b';' {
                let rest = &self.bytes[self.at..];
                let length = rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
                self.at += length.unwrap_or(rest.len());
            } else if is_blank(byte) {
                self.line += usize::from(ends_line(self.bytes, self.at));
                self.at += 1;
            } else {
                return;
            }
        }
    }
}

/// Lines end with LF, CR LF or, in old files, CR alone.
fn ends_line(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | 0x0b | 0x0c)
}

const fn ends_word(byte: u8) -> bool {
    is_blank(byte) || matches!(byte, b'(' | b')' | b'|' | b'<' | b'>' | b'"' | b';')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_carry_their_line() {
        let mut lexer = Lexer::new(b"; x (\r\n(\"a\nb\" 1.5,-2|<S1>) ; end");
        let mut tokens = Vec::new();
        while let Some(token) = lexer.next().unwrap() {
            tokens.push(token);
        }
        assert_eq!(
            tokens,
            [
                (2, Token::Open),
                (2, Token::Text(b"a\nb")),
                (3, Token::Word(b"1.5")),
                (3, Token::Word(b"-2")),
                (3, Token::Bar),
                (3, Token::SpineOpen),
                (3, Token::Word(b"S1")),
                (3, Token::SpineClose),
                (3, Token::Close),
            ]
        );
    }

    #[test]
    fn an_open_string_names_the_line_it_starts_on() {
        let error = Lexer::new(b"\n\n\"abc\n").next().unwrap_err();
        assert!(matches!(error, MorphologyError::Unclosed { line: 3, opener: '"' }), "{error}");
    }
}
