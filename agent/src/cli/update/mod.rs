//! `update`: a new, signed version between two tickets; back to the old one where it does not come up.

mod fetch;
mod owner;
mod switch;

use std::path::PathBuf;

use serde_json::json;

use super::args::UpdateArgs;
use super::exit::of_io;
use super::{Exit, Failure, env, output};
use crate::config::{Flags, load_update, locate};
use crate::update::{Attempt, Place, PlaceError, Release, ReleaseError, Settled, Version};
use fetch::Source;
use switch::Switch;

/// The end of the old program's name, when the service asks it to watch over the new one.
const BEFORE: &str = ".previous";

pub(super) fn update(flags: &Flags, args: &UpdateArgs) -> Result<Exit, Failure> {
    let place = place(flags)?;
    if args.guard {
        return guard(&place);
    }
    if let Some(command) = owner::packaged(place.program()) {
        let text =
            format!("a package installed this program, and the package manager updates it: `{command}`");
        return Err(Failure::new(Exit::UpdateFailed, text));
    }
    let switch = Switch::new(flags, args, place);
    if args.rollback {
        return switch.back();
    }
    let known = load_update(flags, &env)?;
    let source = Source::of(args, known.url.as_deref())?;
    let signature = source.signature(flags)?;
    let offered = Release::announced(&signature)?.version;
    if args.check {
        return Ok(check(args, offered));
    }
    if let Some(exit) = refused(args, offered)? {
        return Ok(exit);
    }
    let program = source.program(flags)?;
    let release = Release::verify(&program, &signature, known.public_key.as_deref())?;
    output::message(&format!(
        "✓ version {} is signed by its publisher",
        release.version
    ));
    let attempt = Attempt {
        from: Version::own().to_string(),
        to: release.version.to_string(),
        starts: 0,
    };
    switch.to(&program, &attempt)
}

fn place(flags: &Flags) -> Result<Place, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("this program does not find itself: {error}"),
        )
    })?;
    let text = program.display().to_string();
    let program = text.strip_suffix(BEFORE).map_or(program.clone(), PathBuf::from);
    Ok(Place::new(&program, &locate(flags, &env).data))
}

/// What the service's start asks the old program, which is known to work.
fn guard(place: &Place) -> Result<Exit, Failure> {
    match place.before_start()? {
        Settled::Nothing => {}
        Settled::Trial => output::message("a new version is on trial"),
        Settled::WentBack => output::message("the new version did not come up: the one before it is back"),
    }
    Ok(Exit::Ok)
}

fn check(args: &UpdateArgs, offered: Version) -> Exit {
    let own = Version::own();
    let is_newer = offered > own;
    if args.json.wanted() {
        output::json(
            &json!({ "schema": 1, "version": own.to_string(), "offered": offered.to_string(), "newer": is_newer }),
        );
    } else if is_newer {
        output::line(&format!(
            "{offered} is offered, and this is {own}: `sudo printrail-agent update`"
        ));
    } else {
        output::line(&format!("this is {own}, and {offered} is offered: nothing to do"));
    }
    Exit::Ok
}

/// What ends an update before it begins.
fn refused(args: &UpdateArgs, offered: Version) -> Result<Option<Exit>, Failure> {
    let own = Version::own();
    if offered == own {
        output::message(&format!("✓ this is {own} already"));
        return Ok(Some(Exit::Ok));
    }
    if offered < own && !args.allow_downgrade {
        let text = format!("{offered} is older than {own}: say --allow-downgrade where that is wanted");
        return Err(Failure::new(Exit::UpdateFailed, text));
    }
    Ok(None)
}

impl From<ReleaseError> for Failure {
    fn from(error: ReleaseError) -> Self {
        let exit = match &error {
            ReleaseError::NoKey | ReleaseError::BadKey => Exit::Config,
            ReleaseError::BadSignature | ReleaseError::Forged | ReleaseError::OtherTarget { .. } => {
                Exit::UpdateFailed
            }
        };
        Self::new(exit, crate::chain(&error))
    }
}

impl From<PlaceError> for Failure {
    fn from(error: PlaceError) -> Self {
        let exit = match &error {
            PlaceError::File { source, .. } if of_io(source) == Exit::NeedsAdmin => Exit::NeedsAdmin,
            PlaceError::File { .. } | PlaceError::NoneBefore(_) => Exit::UpdateFailed,
        };
        Self::new(exit, crate::chain(&error))
    }
}
