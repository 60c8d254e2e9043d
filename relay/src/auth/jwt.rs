//! Signed tokens: what stands in them, how they are made and when they are believed (X6).

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Identity;
use super::issuer::{Issuer, VendorKeys};
use super::keys::Keys;
use super::remote::Remote;
use crate::order::Role;

/// The relay's own `iss`.
pub const ISSUER: &str = "printrail";

/// The `aud` that every token must carry.
pub const AUDIENCE: &str = "printrail";

/// How far a token's clock and the relay's may differ.
pub const LEEWAY_SECONDS: u64 = 30;

/// The longest token that is looked at. An RS256 signature and a dozen claims fit well.
pub const LONGEST: usize = 4096;

/// What a token of the relay's own says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "RFC 7519 and PRODUCT.md name the claims")]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub outlet: String,
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    pub iat: i64,
    pub exp: i64,
    pub jti: String,
    /// Whoever holds the keys themselves: the command line beside a running relay.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub operator: bool,
}

/// Why a token is not believed. All of them are 401; the words are for the log and the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It was good once.
    #[error("the token has expired; get a new one")]
    Expired,
    /// It is not, and never was.
    #[error("the token is not valid here: {0}")]
    Invalid(String),
}

/// Signs a token.
///
/// # Errors
/// Where the key cannot sign; never with a key that was read.
pub fn sign(keys: &Keys, claims: &Claims) -> Result<String, TokenError> {
    let key = keys.signing();
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key.kid.clone());
    jsonwebtoken::encode(&header, claims, &key.signs).map_err(|error| invalid(&error))
}

/// Whose token it is. The algorithm is the issuer's, never the one that the token asks for.
///
/// # Errors
/// [`TokenError`].
pub fn verify(token: &str, keys: &Keys, vendors: &[Issuer]) -> Result<Identity, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::Invalid("it is too long".to_owned()));
    }
    let header = jsonwebtoken::decode_header(token).map_err(|error| invalid(&error))?;
    if header.crit.is_some() {
        return Err(TokenError::Invalid("it has a `crit` header".to_owned()));
    }
    let unproven: Unproven = jsonwebtoken::dangerous::insecure_decode(token)
        .map_err(|error| invalid(&error))?
        .claims;
    if unproven.iss == ISSUER {
        let kid = header.kid.unwrap_or_default();
        let key = keys.find(&kid).ok_or_else(|| {
            TokenError::Invalid("its key is not one of this relay's; make a new token".to_owned())
        })?;
        let claims: Claims = proven(token, Algorithm::EdDSA, &key.verifies, ISSUER)?;
        return own(claims);
    }
    let vendor = vendors
        .iter()
        .find(|vendor| vendor.iss == unproven.iss)
        .ok_or_else(|| TokenError::Invalid("its issuer is not known here".to_owned()))?;
    let claims: Value = match &vendor.keys {
        VendorKeys::File(key) => proven(token, vendor.algorithm, key, &vendor.iss)?,
        VendorKeys::Remote(remote) => {
            let key = remote.key(header.kid.as_deref()).ok_or_else(|| {
                TokenError::Invalid("its key is not one of its issuer's, as far as they are known".to_owned())
            })?;
            proven(token, vendor.algorithm, &key, &vendor.iss)?
        }
    };
    theirs(&claims, vendor)
}

/// The keys behind an address, and the `kid` among them, that this token says it can be proven with.
pub(super) fn remote_of<'a>(token: &str, vendors: &'a [Issuer]) -> Option<(&'a Remote, Option<String>)> {
    if token.len() > LONGEST {
        return None;
    }
    let kid = jsonwebtoken::decode_header(token).ok()?.kid;
    let unproven = jsonwebtoken::dangerous::insecure_decode::<Unproven>(token).ok()?;
    let vendor = vendors.iter().find(|vendor| vendor.iss == unproven.claims.iss)?;
    match &vendor.keys {
        VendorKeys::Remote(remote) => Some((remote, kid)),
        VendorKeys::File(_) => None,
    }
}

/// Only to choose the key with which the token is then proven.
#[derive(Deserialize)]
struct Unproven {
    iss: String,
}

fn proven<T: serde::de::DeserializeOwned>(
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
    issuer: &str,
) -> Result<T, TokenError> {
    let mut rules = Validation::new(algorithm);
    rules.leeway = LEEWAY_SECONDS;
    rules.validate_nbf = true;
    rules.set_audience(&[AUDIENCE]);
    rules.set_issuer(&[issuer]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let proven = jsonwebtoken::decode(token, key, &rules).map_err(|error| invalid(&error))?;
    Ok(proven.claims)
}

fn own(claims: Claims) -> Result<Identity, TokenError> {
    let expires = Timestamp::from_second(claims.exp).map_err(|_| wrong("exp"))?;
    Identity::of_token(claims.outlet, claims.role, claims.sub, expires)
        .map(|identity| Identity {
            table: claims.table,
            token_id: Some(claims.jti),
            operator: claims.operator,
            ..identity
        })
        .map_err(TokenError::Invalid)
}

fn theirs(claims: &Value, vendor: &Issuer) -> Result<Identity, TokenError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let outlet = text(&vendor.outlet_claim).ok_or_else(|| wrong(&vendor.outlet_claim))?;
    if !vendor.outlets.iter().any(|known| known == outlet) {
        return Err(TokenError::Invalid(format!(
            "its issuer may not speak for outlet {outlet}"
        )));
    }
    let role = claims
        .get("role")
        .and_then(|role| serde_json::from_value(role.clone()).ok())
        .ok_or_else(|| wrong("role"))?;
    let seconds = claims
        .get("exp")
        .and_then(whole_seconds)
        .ok_or_else(|| wrong("exp"))?;
    let expires = Timestamp::from_second(seconds).map_err(|_| wrong("exp"))?;
    let subject = format!("{}/{}", vendor.iss, text("sub").unwrap_or_default());
    Identity::of_token(outlet.to_owned(), role, subject, expires)
        .map(|identity| Identity {
            table: text("table").map(str::to_owned),
            ..identity
        })
        .map_err(TokenError::Invalid)
}

/// A `NumericDate` (RFC 7519, 2), which may have a fraction.
fn whole_seconds(value: &Value) -> Option<i64> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast from a float saturates, and a time that far is refused by jiff"
    )]
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|seconds| seconds as i64))
}

fn wrong(claim: &str) -> TokenError {
    TokenError::Invalid(format!("its claim `{claim}` is missing or has a wrong type"))
}

fn invalid(error: &jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        jsonwebtoken::errors::ErrorKind::ExpiredSignature => TokenError::Expired,
        _ => TokenError::Invalid(error.to_string()),
    }
}
