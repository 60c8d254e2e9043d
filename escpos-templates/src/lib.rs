//! Tickets: from a print event to ESC/POS bytes, text, SVG and PNG.
//!
//! ```
//! use escpos_templates::{Options, Renderer};
//!
//! let renderer = Renderer::builtin();
//! let profile = renderer.profile("generic-80").unwrap();
//! let event = serde_json::json!({ "station": "kitchen", "items": [{ "quantity": 2, "name": "Margherita" }] });
//! let ticket = renderer.render(&event, &Options::new(profile));
//! assert!(ticket.text().contains("Margherita"));
//! assert!(ticket.escpos().starts_with(b"\x1b@"));
//! ```

mod banner;
mod emoji;
mod encode;
mod layout;
mod logo;
pub mod markup;
pub mod model;
mod paint;
pub mod profile;
pub mod raster;
mod render;
pub mod report;
mod shape;
mod template;

pub use banner::Banner;
pub use profile::{Profile, ProfileError};
pub use render::{Options, Renderer, RendererBuilder, Ticket};
pub use report::Report;
pub use template::EventError;
