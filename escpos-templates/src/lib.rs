//! Tickets: from a print event to ESC/POS bytes, text, SVG and PNG.

pub mod raster;
