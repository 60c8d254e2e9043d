//! `token create`: signs with the keys in the data folder, beside a running relay or without one. A
//! guest's token is its visit's, and comes from the store.

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::args::{RoleArg, TokenArgs, TokenCommand};
use super::ask::Backend;
use super::{Exit, Failure, show};
use crate::auth::jwt::{self, AUDIENCE, Claims, ISSUER};
use crate::auth::keys::Keys;
use crate::auth::{AuthError, is_outlet_id};
use crate::config::{Config, Flags};
use crate::order::Role;

/// The longest that a token may hold. Nobody remembers a token of last year.
const LONGEST_TTL_DAYS: u64 = 400;

/// How long the command line's own token holds: one request.
const OPERATOR_SECONDS: i64 = 60;

/// Prints the token and nothing else.
pub(super) async fn run(flags: &Flags, command: &TokenCommand) -> Result<(), Failure> {
    let TokenCommand::Create(args) = command;
    let config = Config::load(flags)?;
    check(args)?;
    if let Some(session) = &args.session {
        return visit(config, args, session).await;
    }
    let keys = open_keys(&config)?;
    let role = Role::from(args.role);
    let subject = args.subject.clone().unwrap_or_else(|| some_subject(role));
    let seconds = i64::try_from(args.ttl.as_secs()).unwrap_or(i64::MAX);
    let claims = Claims {
        table: args.table.clone(),
        ..claims(&args.outlet, role, subject, seconds)
    };
    let token = sign(&keys, &claims)?;
    show::line(&token)
}

/// A guest's token is that of its visit, which the store keeps.
async fn visit(config: Config, args: &TokenArgs, session: &str) -> Result<(), Failure> {
    let relay = Backend::reach(config).await?;
    let body = json!({"session": session, "tableNumber": args.table});
    let opened = relay.post(&args.outlet, "/api/sessions", &body).await;
    relay.leave().await;
    show::line(&show::cell(&opened?, "token"))
}

/// A token for the command line itself.
pub(super) fn operator(keys: &Keys, outlet: &str) -> Result<String, Failure> {
    let claims = Claims {
        operator: true,
        ..claims(outlet, Role::Manager, "operator".to_owned(), OPERATOR_SECONDS)
    };
    sign(keys, &claims)
}

/// The keys of the data folder, made where there are none.
pub(super) fn open_keys(config: &Config) -> Result<Keys, Failure> {
    Keys::open(&config.data).map_err(|error| AuthError::from(error).into())
}

fn check(args: &TokenArgs) -> Result<(), Failure> {
    let usage = |message: String| Err(Failure::new(Exit::Usage, message));
    if !is_outlet_id(&args.outlet) {
        return usage(format!("--outlet {} is no outlet id", args.outlet));
    }
    if args.ttl.is_zero() || args.ttl.as_secs() > LONGEST_TTL_DAYS * 86_400 {
        return usage(format!("--ttl must be 1s to {LONGEST_TTL_DAYS}d"));
    }
    let is_guest = args.role == RoleArg::Guest;
    if is_guest && args.session.is_none() && args.table.is_none() {
        return usage("a guest's token needs --session S or --table T".to_owned());
    }
    if !is_guest && (args.session.is_some() || args.table.is_some()) {
        return usage("--session and --table are for --role guest".to_owned());
    }
    Ok(())
}

/// The claims of a token that holds from now on.
pub(super) fn claims(outlet: &str, role: Role, subject: String, seconds: i64) -> Claims {
    let now = Timestamp::now().as_second();
    Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: subject,
        outlet: outlet.to_owned(),
        role,
        table: None,
        iat: now,
        exp: now.saturating_add(seconds),
        jti: Uuid::now_v7().to_string(),
        operator: false,
    }
}

/// Two tills with a token each are two callers, also where nobody named them.
fn some_subject(role: Role) -> String {
    format!("{role:?}-{:06x}", rand::random::<u32>() & 0xff_ffff).to_lowercase()
}

fn sign(keys: &Keys, claims: &Claims) -> Result<String, Failure> {
    jwt::sign(keys, claims).map_err(|error| Failure::new(Exit::Failed, error.to_string()))
}
