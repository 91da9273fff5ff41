use svg::Document;
use svg::node::element::Rectangle;

use super::axis::{px, text};

/// Left of the title, and around what is on a page.
pub(super) const MARGIN: f64 = 24.0;

/// A white page with a title.
pub(super) fn page(title: &str, width: f64, height: f64) -> Document {
    Document::new()
        .set("viewBox", (0, 0, px(width), px(height)))
        .set("width", px(width))
        .set("height", px(height))
        .set("font-family", "Helvetica, Arial, sans-serif")
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "white"))
        .add(text(title, [MARGIN, 26.0], "start", 13.0).set("font-weight", "bold"))
}
