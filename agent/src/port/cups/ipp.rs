//! As much of the Internet Printing Protocol as a raw queue needs (RFC 8010, encoding; RFC 8011, operations).

/// Print-Job.
pub(super) const PRINT_JOB: u16 = 0x0002;
/// Get-Job-Attributes.
pub(super) const GET_JOB: u16 = 0x0009;
/// Get-Printer-Attributes.
pub(super) const GET_PRINTER: u16 = 0x000B;
/// CUPS-Get-Printers.
pub(super) const GET_PRINTERS: u16 = 0x4002;

/// client-error-not-found.
pub(super) const NOT_FOUND: u16 = 0x0406;

const OPERATION_GROUP: u8 = 0x01;
const END: u8 = 0x03;

const INTEGER: u8 = 0x21;
const ENUM: u8 = 0x23;
const KEYWORD: u8 = 0x44;
const NAME: u8 = 0x42;
const URI: u8 = 0x45;
const CHARSET: u8 = 0x47;
const LANGUAGE: u8 = 0x48;
const MIME: u8 = 0x49;

/// Attributes of a longer answer are not looked at.
const ATTRIBUTES_MAX: usize = 20_000;

/// A request under construction.
#[derive(Debug, Clone)]
pub(super) struct Request(Vec<u8>);

impl Request {
    /// IPP 1.1, which every CUPS speaks, in UTF-8 and English.
    pub(super) fn new(operation: u16) -> Self {
        let mut bytes = vec![1, 1];
        bytes.extend(operation.to_be_bytes());
        bytes.extend(1_u32.to_be_bytes());
        bytes.push(OPERATION_GROUP);
        let mut request = Self(bytes);
        request.value(CHARSET, "attributes-charset", b"utf-8");
        request.value(LANGUAGE, "attributes-natural-language", b"en");
        request
    }

    pub(super) fn uri(mut self, name: &str, uri: &str) -> Self {
        self.value(URI, name, uri.as_bytes());
        self
    }

    pub(super) fn named(mut self, name: &str, text: &str) -> Self {
        self.value(NAME, name, text.as_bytes());
        self
    }

    pub(super) fn mime(mut self, name: &str, text: &str) -> Self {
        self.value(MIME, name, text.as_bytes());
        self
    }

    pub(super) fn number(mut self, name: &str, number: i32) -> Self {
        self.value(INTEGER, name, &number.to_be_bytes());
        self
    }

    /// A list of keywords: the further ones have no name.
    pub(super) fn keywords(mut self, name: &str, keywords: &[&str]) -> Self {
        for (index, keyword) in keywords.iter().enumerate() {
            self.value(KEYWORD, if index == 0 { name } else { "" }, keyword.as_bytes());
        }
        self
    }

    /// The whole message, with the document where there is one.
    pub(super) fn with(mut self, document: &[u8]) -> Vec<u8> {
        self.0.push(END);
        self.0.extend(document);
        self.0
    }

    fn value(&mut self, tag: u8, name: &str, value: &[u8]) {
        self.0.push(tag);
        for part in [name.as_bytes(), value] {
            // Names here are short, and values are bounded by what agent.toml takes.
            let part = part.get(..usize::from(u16::MAX)).unwrap_or(part);
            self.0
                .extend(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
            self.0.extend(part);
        }
    }
}

/// One attribute of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Attribute {
    group: usize,
    tag: u8,
    name: String,
    value: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// 0 to FFh: it worked.
    pub(super) status: u16,
    attributes: Vec<Attribute>,
}

impl Answer {
    /// Reads an answer; none where it is no IPP.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = Bytes(bytes);
        rest.take(2)?;
        let status = rest.number()?;
        rest.take(4)?;
        let (mut attributes, mut group, mut last) = (Vec::new(), 0, String::new());
        while let Some([tag]) = rest.take(1) {
            match *tag {
                END => break,
                0..=0x0F => group += 1,
                tag => {
                    let len = rest.number()?;
                    let name = String::from_utf8_lossy(rest.take(len.into())?).into_owned();
                    let len = rest.number()?;
                    let value = rest.take(len.into())?.to_vec();
                    if !name.is_empty() {
                        last = name;
                    }
                    let name = last.clone();
                    attributes.push(Attribute {
                        group,
                        tag,
                        name,
                        value,
                    });
                }
            }
            if attributes.len() > ATTRIBUTES_MAX {
                return None;
            }
        }
        Some(Self { status, attributes })
    }

    pub(super) fn is_ok(&self) -> bool {
        self.status <= 0xFF
    }

    /// The first number or enumeration of that name.
    pub(super) fn number(&self, name: &str) -> Option<i32> {
        let is = |one: &&Attribute| one.name == name && matches!(one.tag, INTEGER | ENUM);
        let found = self.attributes.iter().find(is)?;
        Some(i32::from_be_bytes(found.value.as_slice().try_into().ok()?))
    }

    /// The first truth of that name.
    pub(super) fn truth(&self, name: &str) -> Option<bool> {
        let found = self.attributes.iter().find(|one| one.name == name)?;
        (found.value.len() == 1).then(|| found.value != [0])
    }

    /// All texts of that name.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        let found = self.attributes.iter().filter(|one| one.name == name);
        found
            .map(|one| String::from_utf8_lossy(&one.value).into_owned())
            .collect()
    }

    /// For each printer of a list: the values of these names.
    pub(super) fn rows<const N: usize>(&self, names: [&str; N]) -> Vec<[Option<String>; N]> {
        let groups = self.attributes.last().map_or(0, |last| last.group);
        let row = |group: usize| {
            names.map(|name| {
                let mut of_group = self.attributes.iter().filter(|one| one.group == group);
                let found = of_group.find(|one| one.name == name)?;
                Some(String::from_utf8_lossy(&found.value).into_owned())
            })
        };
        // The first group is about the answer itself.
        (2..=groups).map(row).collect()
    }
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Print-Job as RFC 8010, appendix A.1, but for the values that differ here.
    #[test]
    fn a_request_is_byte_for_byte_that_of_the_standard() {
        let bytes = Request::new(PRINT_JOB)
            .uri("printer-uri", "ipp://localhost/printers/bar")
            .with(b"data");
        let expected = [
            b"\x01\x01\x00\x02\x00\x00\x00\x01\x01".as_slice(),
            b"\x47\x00\x12attributes-charset\x00\x05utf-8",
            b"\x48\x00\x1battributes-natural-language\x00\x02en",
            b"\x45\x00\x0bprinter-uri\x00\x1cipp://localhost/printers/bar",
            b"\x03data",
        ];
        assert_eq!(bytes, expected.concat());
    }

    fn answer() -> Vec<u8> {
        let parts = [
            b"\x01\x01\x00\x00\x00\x00\x00\x01\x01\x47\x00\x12attributes-charset\x00\x05utf-8".as_slice(),
            b"\x04\x42\x00\x0cprinter-name\x00\x03bar\x23\x00\x0dprinter-state\x00\x04\x00\x00\x00\x05",
            b"\x44\x00\x15printer-state-reasons\x00\x06paused\x44\x00\x00\x00\x0bmedia-empty",
            b"\x04\x42\x00\x0cprinter-name\x00\x05grill\x03",
        ];
        parts.concat()
    }

    #[test]
    fn an_answer_is_read_with_its_lists_and_groups() {
        let answer = Answer::read(&answer()).unwrap();
        assert!(answer.is_ok());
        assert_eq!(answer.number("printer-state"), Some(5));
        assert_eq!(answer.texts("printer-state-reasons"), ["paused", "media-empty"]);
        let names = answer.rows(["printer-name", "printer-info"]);
        assert_eq!(
            names,
            [[Some("bar".to_owned()), None], [Some("grill".to_owned()), None]]
        );
    }

    #[test]
    fn an_answer_cut_off_or_bent_anywhere_is_read_or_refused_and_nothing_else() {
        let whole = answer();
        for at in 0..whole.len() {
            let _ = Answer::read(&whole[..at]);
            let mut bent = whole.clone();
            bent[at] ^= 0xFF;
            let _ = Answer::read(&bent);
        }
        assert_eq!(Answer::read(b"HTTP"), None);
    }
}
