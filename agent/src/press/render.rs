//! From a job to the printer's bytes.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use escpos_templates::{Options, Profile};
use protocol::Banner;
use tracing::warn;

use super::known::Known;
use crate::spool::SpoolJob;
use crate::tickets::Stock;

/// For a printer of which nothing is known (PRODUCT.md, agent.toml).
const DEFAULT_PROFILE: &str = "generic-80";

/// Papers of one job; what asks for more is a mistake.
const MAX_COPIES: u32 = 20;

/// The templates with one printer's profile.
pub(super) struct Tickets {
    stock: Stock,
    profile: Option<Arc<Profile>>,
    columns: Option<u16>,
    /// The profile is agent.toml's choice.
    is_named: bool,
}

impl Tickets {
    /// A profile of an unknown name is as good as none.
    pub(super) fn new(stock: Stock, profile: Option<&str>, columns: Option<u16>) -> Self {
        let is_named = profile.is_some();
        let renderer = stock.renderer();
        let profile = profile
            .and_then(|name| renderer.profile(name))
            .or_else(|| renderer.profile(DEFAULT_PROFILE));
        Self {
            stock,
            profile,
            columns,
            is_named,
        }
    }

    /// Whether the profile says that the printer knows marks (`GS ( H` function 48).
    pub(super) fn knows_marks(&self, named: bool) -> bool {
        named
            && self
                .profile
                .as_ref()
                .is_some_and(|profile| profile.confirmation() == 'A')
    }

    /// Whether the profile says that the printer speaks StarPRNT.
    pub(super) fn speaks_star(&self) -> bool {
        self.profile
            .as_ref()
            .is_some_and(|profile| profile.status().iter().any(|question| question == "star-asb"))
    }

    /// The ticket's bytes, once for each copy; the drawer opens with the first paper of the first try alone.
    /// A template that fails has fallen back to plain text already; what is left is a job that can never print.
    pub(super) fn render(
        &self,
        job: &SpoolJob,
        banners: &[Banner],
        known: Option<&Known>,
    ) -> Result<Vec<u8>, String> {
        let data: serde_json::Value =
            serde_json::from_str(&job.data).map_err(|error| format!("its data is no JSON: {error}"))?;
        let Some(profile) = self.profile_of(known) else {
            return Err(format!("there is no profile {DEFAULT_PROFILE}"));
        };
        let brought = brought(&data);
        let paper = |drawer_stays_shut| {
            let options = Options {
                columns: self.columns,
                banners: banners.iter().map(banner).collect(),
                drawer_stays_shut,
                ..Options::new(Arc::clone(&profile))
            };
            let render = || self.stock.renderer_with(&brought).render(&data, &options);
            let ticket =
                catch_unwind(AssertUnwindSafe(render)).map_err(|_| "the renderer panicked".to_owned())?;
            for error in &ticket.report().fallbacks {
                let id = &job.job.id;
                warn!(job.id = %id, "{error}; a simpler template printed {id} instead");
            }
            Ok::<_, String>(ticket.escpos())
        };
        let again = job.job.banners.iter().chain(banners).any(is_again);
        let mut ticket = paper(again)?;
        let copies = job.job.copies.clamp(1, MAX_COPIES);
        if copies > 1 {
            let copy = paper(true)?;
            (1..copies).for_each(|_| ticket.extend_from_slice(&copy));
        }
        Ok(ticket)
    }

    /// The one that agent.toml names, or the one of the printer's own name, or the default.
    fn profile_of(&self, known: Option<&Known>) -> Option<Arc<Profile>> {
        let found = known.filter(|_| !self.is_named).and_then(|known| {
            let renderer = self.stock.renderer();
            let name = profile_for(known, &renderer.profile_names())?;
            renderer.profile(&name)
        });
        found.or_else(|| self.profile.clone())
    }
}

/// The profile of a printer that says who it is: its maker's, with the longest name that its model begins with.
pub(crate) fn profile_for(known: &Known, names: &[String]) -> Option<String> {
    let maker = known.maker.as_deref()?.to_lowercase();
    let model = known.model.as_deref()?.to_lowercase().replace(' ', "-");
    let fits = |name: &&String| {
        let Some((of, rest)) = name.split_once('-') else {
            return false;
        };
        maker.contains(of) && (model.starts_with(rest) || model.starts_with(name.as_str()))
    };
    names.iter().filter(fits).max_by_key(|name| name.len()).cloned()
}

/// The templates of its outlet that a ticket brings; none where they cannot be read, and the built-in ones print.
fn brought(data: &serde_json::Value) -> BTreeMap<String, String> {
    let templates = data.get("templates").cloned().unwrap_or_default();
    serde_json::from_value(templates).unwrap_or_default()
}

/// A second try, or a copy that a person asked for.
fn is_again(banner: &Banner) -> bool {
    matches!(banner, Banner::PossibleDuplicate { .. } | Banner::Reprint)
}

fn banner(banner: &Banner) -> escpos_templates::Banner {
    match banner {
        Banner::Late { minutes } => escpos_templates::Banner::Late { minutes: *minutes },
        Banner::PossibleDuplicate { first_try } => escpos_templates::Banner::PossibleDuplicate {
            first_try: first_try.to_string(),
        },
        Banner::Reprint => escpos_templates::Banner::Reprint,
        Banner::Backup { station } => escpos_templates::Banner::Backup {
            station: station.clone(),
        },
        Banner::Unrouted => escpos_templates::Banner::Unrouted,
    }
}

#[cfg(test)]
mod tests {
    use escpos_templates::Renderer;

    use super::*;

    fn says(maker: &str, model: &str) -> Option<String> {
        let known = Known {
            maker: Some(maker.to_owned()),
            model: Some(model.to_owned()),
            ..Known::nothing()
        };
        profile_for(&known, &Renderer::builtin().profile_names())
    }

    #[test]
    fn a_printer_that_says_who_it_is_gets_its_own_profile() {
        assert_eq!(says("EPSON", "TM-T88VI").as_deref(), Some("epson-tm-t88"));
        assert_eq!(says("EPSON", "TM-T20III").as_deref(), Some("epson-tm-t20"));
        assert_eq!(says("EPSON", "TM-X1"), None);
        assert_eq!(says("GENERIC", "80").as_deref(), Some("generic-80"));
        assert_eq!(says("", "TM-T88VI"), None);
    }
}
