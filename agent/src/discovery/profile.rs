//! Which profile fits a printer that said who it is.

use escpos_templates::Renderer;

/// The profile whose maker and model fit best: its models are compared with what the printer calls itself.
/// None where nobody's does, and `generic-80` stands in.
#[must_use]
pub fn suggest(renderer: &Renderer, maker: Option<&str>, model: &str) -> Option<String> {
    let (maker, model) = (maker.map(key), key(model));
    let mut best: Option<(usize, String)> = None;
    for name in renderer.profile_names() {
        let Some(profile) = renderer.profile(&name) else {
            continue;
        };
        let vendor = key(profile.vendor());
        let same_maker = maker.as_ref().map_or(model.contains(&vendor), |maker| {
            maker.contains(&vendor) || model.contains(&vendor)
        });
        let models = profile.model().split([',', ' ']).map(key);
        let fits = models
            .filter(|known| known.len() >= LETTERS && is_model(known) && model.ends_with(known.as_str()));
        let Some(length) = fits.map(|known| known.len()).max().filter(|_| same_maker) else {
            continue;
        };
        // The longest model says most; of several profiles for it the plain one has the shortest name.
        let better = best
            .as_ref()
            .is_none_or(|(known, by)| length > *known || (length == *known && name.len() < by.len()));
        if better {
            best = Some((length, name));
        }
    }
    best.map(|(_, name)| name)
}

/// A shorter name fits too much.
const LETTERS: usize = 3;

/// A model has a number in it, words around it have none.
fn is_model(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

/// Letters and digits alone, small.
fn key(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printer_gets_the_profile_of_its_model_and_a_stranger_none() {
        let renderer = Renderer::builtin();
        for (maker, model, profile) in [
            (Some("EPSON"), "TM-T88V", Some("epson-tm-t88")),
            (Some("EPSON"), "TM-T20III", Some("epson-tm-t20")),
            (Some("SEIKO EPSON"), "TM-T20", Some("epson-tm-t20")),
            (None, "EPSON TM-T88VI", Some("epson-tm-t88")),
            (Some("CITIZEN"), "CT-S601II", Some("citizen-ct-s")),
            (Some("ACME"), "TM-T88V", None),
            (Some("EPSON"), "TM-T9999", None),
            (None, "", None),
        ] {
            assert_eq!(suggest(&renderer, maker, model).as_deref(), profile, "{model}");
        }
    }
}
