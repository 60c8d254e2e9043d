//! Reads the issuer's name out of a certificate (X.509 in DER, RFC 5280 section 4.1), for messages.

/// Object ids of the parts of a name that say most, best first: commonName, organizationName.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_ID: u8 = 0x06;
/// `[0] EXPLICIT`, the version before the serial number; absent in version 1.
const VERSION: u8 = 0xa0;

/// Longer names are cut: they come from whoever answered.
const NAME_MAX: usize = 120;

/// The common name of the issuer, otherwise its organization. Control characters are left out.
pub(super) fn issuer_of(certificate: &[u8]) -> Option<String> {
    let (_, certificate, _) = element(certificate)?;
    let (_, body, _) = element(certificate)?;
    let (tag, _, after) = element(body)?;
    let after_serial = if tag == VERSION { element(after)?.2 } else { after };
    let (_, _, after_algorithm) = element(after_serial)?;
    let (tag, issuer, _) = element(after_algorithm)?;
    if tag != SEQUENCE {
        return None;
    }
    attribute(issuer, COMMON_NAME).or_else(|| attribute(issuer, ORGANIZATION))
}

fn attribute(mut name: &[u8], wanted: &[u8]) -> Option<String> {
    while let Some((SET, set, rest)) = element(name) {
        name = rest;
        let (_, pair, _) = element(set)?;
        let (tag, id, value) = element(pair)?;
        if tag == OBJECT_ID && id == wanted {
            let (_, text, _) = element(value)?;
            let text = String::from_utf8_lossy(text);
            return Some(text.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect());
        }
    }
    None
}

/// Tag, content and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let fits = digits.len() <= size_of::<u32>();
        (
            fits.then(|| digits.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)))?,
            rest,
        )
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, Issuer, KeyPair};

    use super::*;

    #[test]
    fn the_issuers_name_is_read_and_cleaned() {
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::OrganizationName, "Prying Ltd");
        ca.distinguished_name
            .push(DnType::CommonName, "Prying\u{7} Proxy CA");
        let ca = Issuer::new(ca, KeyPair::generate().unwrap());
        let leaf = CertificateParams::new(["a.example".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &ca).unwrap();
        assert_eq!(issuer_of(leaf.der()).as_deref(), Some("Prying Proxy CA"));
    }

    #[test]
    fn a_cut_certificate_has_no_issuer_and_does_no_harm() {
        let leaf = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let der = leaf.cert.der();
        for end in 0..der.len() {
            let _ = issuer_of(&der[..end]);
        }
        assert_eq!(issuer_of(&der[..20]), None);
        assert_eq!(issuer_of(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0]), None);
    }
}
