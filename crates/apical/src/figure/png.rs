use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};
use thiserror::Error;

/// Why a figure cannot be drawn in pixels.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PngError {
    /// Text that is no SVG.
    #[error("not an SVG figure: {0}")]
    Svg(#[from] resvg::usvg::Error),
    /// More pixels than memory holds, or none.
    #[error("{width} × {height} pixels cannot be drawn")]
    Size {
        /// Pixels across.
        width: f64,
        /// Pixels down.
        height: f64,
    },
    /// An image that cannot be encoded.
    #[error("{0}")]
    Png(String),
}

/// A figure of this module in pixels, `scale` of them for every px of the SVG: the bytes of a PNG file. Text is in Noto Sans,
/// which is part of the program, whatever fonts the system has.
///
/// ```
/// use apical::figure::{Baseline, loss_swarms, png};
///
/// let line = Baseline { name: "persistence".to_owned(), losses: vec![0.07] };
/// let figure = loss_swarms("one step ahead", "Loss", &["basal".to_owned()], &[], &[line]);
/// let bytes = png(&figure, 2.0)?;
/// assert_eq!(&bytes[1..4], b"PNG");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`PngError`] for what is no SVG, or has no size that can be drawn.
pub fn png(svg: &str, scale: f64) -> Result<Vec<u8>, PngError> {
    let mut options = Options { font_family: FAMILY.to_owned(), ..Options::default() };
    options.fontdb = fonts();
    let tree = Tree::from_str(svg, &options)?;
    let [width, height] =
        [tree.size().width(), tree.size().height()].map(|px| f64::from(px) * scale);
    let is_drawn = (1.0..=MOST_PX).contains(&width) && (1.0..=MOST_PX).contains(&height);
    let pixels = is_drawn.then(|| Pixmap::new(width.round() as u32, height.round() as u32));
    let Some(mut pixels) = pixels.flatten() else { return Err(PngError::Size { width, height }) };
    let scale = scale as f32;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PngError::Png(error.to_string()))
}

const FAMILY: &str = "Noto Sans";

/// Pixels of an image along a side.
const MOST_PX: f64 = 20_000.0;

/// The fonts of the program, for every family that a figure may ask for.
fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let make = || {
        let mut fonts = Database::new();
        fonts.load_font_data(notosans::REGULAR_TTF.to_vec());
        fonts.load_font_data(notosans::BOLD_TTF.to_vec());
        fonts.set_sans_serif_family(FAMILY);
        Arc::new(fonts)
    };
    Arc::clone(FONTS.get_or_init(make))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Swarm, loss_swarms};

    /// Pixels that are not white, without and with text of the same figure.
    #[test]
    fn text_is_drawn() {
        let ink = |title: &str| {
            let swarm = Swarm { name: String::new(), losses: vec![vec![1.0, 2.0]] };
            let svg = loss_swarms(title, "µ", &[String::new()], &[swarm], &[]);
            let image = Pixmap::decode_png(&png(&svg, 1.0).unwrap()).unwrap();
            image.pixels().iter().filter(|pixel| pixel.red() < 255).count()
        };
        assert!(ink("Mean square error / variance, µm") > ink("") + 300);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        assert!(matches!(png("no figure", 1.0), Err(PngError::Svg(_))));
        let figure = loss_swarms("t", "q", &[], &[], &[]);
        for scale in [0.0, -1.0, 1e6, f64::NAN] {
            let error = png(&figure, scale).unwrap_err();
            assert!(matches!(error, PngError::Size { .. }), "{error}");
        }
    }
}
