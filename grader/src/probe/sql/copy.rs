//! The text format of `COPY … TO STDOUT` (manual, COPY, "Text Format").

/// Cuts a stream of bytes into rows of cells.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    rest: Vec<u8>,
}

impl Decoder {
    /// Takes more bytes and hands every whole row to `each`; stops early when `each` says false, and says so.
    pub(super) fn feed(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(Vec<Option<String>>) -> bool,
    ) -> bool {
        self.rest.extend_from_slice(bytes);
        let mut start = 0;
        while let Some(length) = self.rest[start..].iter().position(|b| *b == b'\n') {
            let line = &self.rest[start..start + length];
            if !each(cells(line)) {
                return false;
            }
            start += length + 1;
        }
        self.rest.drain(..start);
        true
    }
}

/// The cells of one line: tabs part them, `\N` is NULL. A raw tab or newline never stands inside a cell.
fn cells(line: &[u8]) -> Vec<Option<String>> {
    line.split(|b| *b == b'\t').map(cell).collect()
}

fn cell(raw: &[u8]) -> Option<String> {
    if raw == b"\\N" {
        return None;
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        match bytes.next() {
            Some(b'b') => out.push(8),
            Some(b't') => out.push(b'\t'),
            Some(b'n') => out.push(b'\n'),
            Some(b'v') => out.push(11),
            Some(b'f') => out.push(12),
            Some(b'r') => out.push(b'\r'),
            Some(other) => out.push(*other),
            None => out.push(b'\\'),
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_whole_however_the_bytes_are_cut() {
        let stream = b"1\ta\\tb\t\\N\n2\t\\\\N\t\n\\n\t\xc3\xa9\tx\n";
        let cell = |s: &str| Some(s.to_owned());
        let expected = vec![
            vec![cell("1"), cell("a\tb"), None],
            vec![cell("2"), cell("\\N"), cell("")],
            vec![cell("\n"), cell("é"), cell("x")],
        ];
        for size in 1..stream.len() {
            let mut decoder = Decoder::default();
            let mut rows = Vec::new();
            for part in stream.chunks(size) {
                decoder.feed(part, |row| {
                    rows.push(row);
                    true
                });
            }
            assert_eq!(rows, expected, "in pieces of {size}");
        }
    }
}
