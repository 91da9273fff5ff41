use apical_surrogate::{Architecture, ExpertAccess, ModelConfig, MultitaskModel};
use svg::node::element::{Group, Line, Marker, Path, Rectangle};

use super::axis::{INK, SMALL_PX, TEXT_PX, line, px, text};
use super::page::{MARGIN, page};

const TOP: f64 = 78.0;
const PANEL: f64 = 300.0;
const GAP: f64 = 26.0;
/// Tops of the rows of a panel, from the outputs down to the inputs, below [`TOP`].
const OUTPUTS: f64 = 0.0;
const TOWERS: f64 = 62.0;
const GATES: f64 = 152.0;
const EXPERTS: f64 = 214.0;
const INPUTS: f64 = 306.0;
const BOX: f64 = 34.0;
const TALL: f64 = 56.0;
/// Towers that are drawn of all.
const DRAWN_TOWERS: usize = 3;

const SHARED: &str = "#cfe3f1";
const EXCLUSIVE: &str = "#f6d3bd";
const PLAIN: &str = "#eeeeee";
const TOWER: &str = "#d3ecdf";

/// A place on the page.
#[derive(Clone, Copy)]
struct Node {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

impl Node {
    fn draw(self, fill: &str, lines: &[String]) -> Group {
        let Self { left, top, width, height } = self;
        let frame = Rectangle::new()
            .set("x", px(left))
            .set("y", px(top))
            .set("width", px(width))
            .set("height", px(height))
            .set("rx", 4)
            .set("fill", fill)
            .set("stroke", INK)
            .set("stroke-width", 0.8);
        let mut group = Group::new().add(frame);
        let first = top + 0.5 * height + 4.0 - 6.0 * (lines.len() as f64 - 1.0);
        for (k, words) in lines.iter().enumerate() {
            let at = [left + 0.5 * width, first + 12.0 * k as f64];
            group = group.add(text(words.as_str(), at, "middle", SMALL_PX));
        }
        group
    }

    fn top_middle(self) -> [f64; 2] {
        [self.left + 0.5 * self.width, self.top]
    }

    fn bottom_middle(self) -> [f64; 2] {
        [self.left + 0.5 * self.width, self.top + self.height]
    }
}

/// Networks side by side, from their inputs at the bottom to their outputs at the top, with the sizes that they have.
///
/// ```
/// use apical::figure::network_diagrams;
/// use apical::surrogate::{Architecture, ModelConfig};
/// use candle_core::{DType, Device};
///
/// let config = ModelConfig::new(4, 2, 3, Architecture::mmoeex(3, 1));
/// let network = config.build(1, DType::F32, &Device::Cpu)?;
/// let figure = network_diagrams("of three tasks", &[("MMoEEx", &*network)]);
/// assert!(figure.contains("3 towers") && figure.contains("alone"));
/// # Ok::<(), apical::surrogate::SurrogateError>(())
/// ```
#[must_use]
pub fn network_diagrams(title: &str, networks: &[(&str, &dyn MultitaskModel)]) -> String {
    let width = 2.0 * MARGIN + networks.len().max(1) as f64 * (PANEL + GAP) - GAP;
    let height = TOP + INPUTS + BOX + MARGIN;
    let arrow = Marker::new()
        .set("id", "arrow")
        .set("viewBox", "0 0 6 6")
        .set("refX", 5)
        .set("refY", 3)
        .set("markerWidth", 6)
        .set("markerHeight", 6)
        .set("orient", "auto")
        .add(Path::new().set("d", "M0,0 L6,3 L0,6 z").set("fill", INK));
    let mut document = page(title, width, height).add(arrow);
    for (place, (name, network)) in networks.iter().enumerate() {
        let left = MARGIN + place as f64 * (PANEL + GAP);
        let title = format!("{name}: {} weights", thousands(network.parameters().count()));
        document = document
            .add(text(title, [left, 46.0], "start", TEXT_PX))
            .add(text(temporal(network.config()), [left, 61.0], "start", SMALL_PX))
            .add(panel(network.config(), left));
    }
    format!("{document}\n")
}

fn panel(config: &ModelConfig, left: f64) -> Group {
    let wide = |top: f64| Node { left, top: TOP + top, width: PANEL, height: BOX };
    let tasks = thousands(config.tasks);
    let units = match &config.architecture {
        Architecture::HardSharing { units } => *units,
        Architecture::Mixture(mixture) => mixture.units,
        _ => 0,
    };
    let outputs = wide(OUTPUTS);
    let inputs = wide(INPUTS);
    let [synapses, numbers] = [config.synapses, config.numbers].map(thousands);
    let seen = match config.numbers {
        0 => format!("events at {synapses} synapses, every ms"),
        _ => format!("events at {synapses} synapses, {numbers} numbers, every ms"),
    };
    let mut group = Group::new()
        .add(outputs.draw(PLAIN, &[format!("{tasks} tasks, one millisecond ahead")]))
        .add(inputs.draw(PLAIN, &[seen]));
    let towers: Vec<Node> = (0..DRAWN_TOWERS)
        .map(|k| {
            let width = (PANEL - 40.0) / DRAWN_TOWERS as f64;
            // the last is apart from the others
            let last = if k + 1 == DRAWN_TOWERS { 28.0 } else { 0.0 };
            let left = left + k as f64 * (width + 6.0) + last;
            Node { left, top: TOP + TOWERS, width, height: TALL }
        })
        .collect();
    let sizes = [
        "tower".to_owned(),
        format!("{} → {units}", config.tower_inputs()),
        format!("→ {units} → 1"),
    ];
    for tower in &towers {
        group = group.add(tower.draw(TOWER, &sizes)).add(arrow(tower.top_middle(), outputs));
    }
    let dots = [
        0.5 * (towers[1].left + towers[1].width + towers[2].left),
        towers[1].top + 0.5 * TALL + 3.0,
    ];
    group = group.add(text("…", dots, "middle", TEXT_PX)).add(text(
        format!("{tasks} towers"),
        [dots[0], towers[0].top + TALL + 18.0],
        "middle",
        SMALL_PX,
    ));
    match &config.architecture {
        Architecture::Mixture(mixture) => {
            let gates = wide(GATES);
            let words = format!("a weighted sum for each task: {tasks} gates");
            group = group.add(gates.draw(PLAIN, &[words]));
            for tower in &towers {
                group = group.add(straight([tower.bottom_middle()[0], gates.top], *tower));
            }
            let count = mixture.experts.len() + 1;
            let width = (PANEL - 6.0 * (count as f64 - 1.0)) / count as f64;
            for k in 0..count {
                let left = left + k as f64 * (width + 6.0);
                let node = Node { left, top: TOP + EXPERTS, width, height: TALL };
                let (fill, words) = match mixture.experts.get(k) {
                    None => (PLAIN, ["gates".to_owned(), "see".to_owned()]),
                    Some(ExpertAccess::Shared) => (SHARED, [format!("expert {k}"), String::new()]),
                    Some(ExpertAccess::ExclusiveTo(task)) => {
                        (EXCLUSIVE, [format!("task {task}"), "alone".to_owned()])
                    }
                    Some(ExpertAccess::ExcludedFrom(task)) => {
                        (EXCLUSIVE, ["all but".to_owned(), format!("task {task}")])
                    }
                };
                group = group
                    .add(node.draw(fill, &words))
                    .add(straight(node.top_middle(), gates))
                    .add(straight([node.bottom_middle()[0], inputs.top], node));
            }
            group
        }
        _ => {
            let node = Node {
                left: left + 0.2 * PANEL,
                top: TOP + EXPERTS - 20.0,
                width: 0.6 * PANEL,
                height: TALL,
            };
            group = group.add(node.draw(SHARED, &["one temporal network".to_owned()]));
            for tower in &towers {
                group = group.add(arrow(node.top_middle(), *tower));
            }
            group.add(straight([node.bottom_middle()[0], inputs.top], node))
        }
    }
}

/// Sizes of what goes along time.
fn temporal(config: &ModelConfig) -> String {
    let channels: Vec<String> = config.temporal.channels.iter().map(usize::to_string).collect();
    format!(
        "blocks of {} channels, {} taps; towers see {} ms",
        channels.join(", "),
        config.temporal.taps,
        config.window
    )
}

/// Upwards to the bottom of a node, toward its middle where that is beside.
fn arrow(from: [f64; 2], to: Node) -> Line {
    let x = if to.width >= PANEL { from[0] } else { to.bottom_middle()[0] };
    line(from, [x, to.top + to.height], INK, 0.8).set("marker-end", "url(#arrow)")
}

/// Straight up.
fn straight(from: [f64; 2], to: Node) -> Line {
    line(from, [from[0], to.top + to.height], INK, 0.8).set("marker-end", "url(#arrow)")
}

/// With spaces between groups of three digits.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
    groups.join("\u{202f}")
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;

    #[test]
    fn digits_are_grouped() {
        let shown = [0, 641, 1278, 13_965_237].map(thousands);
        assert_eq!(shown, ["0", "641", "1\u{202f}278", "13\u{202f}965\u{202f}237"]);
    }

    /// Every expert, what the gates see, and as many weights as the network has.
    #[test]
    fn sizes_are_those_of_the_network() {
        let build = |architecture| {
            let config = ModelConfig::new(6, 5, 7, architecture);
            config.build(1, DType::F32, &Device::Cpu).unwrap()
        };
        let networks = [Architecture::mh(), Architecture::mmoe()].map(build);
        let [mh, mmoe] = &networks;
        let figure = network_diagrams("two", &[("MH", &**mh), ("MMoE", &**mmoe)]);
        assert_eq!(figure.matches("expert ").count(), 5);
        assert!(figure.contains("800 → 25") && figure.contains("800 → 10"));
        for network in &networks {
            let weights: usize = network.parameters().iter().map(|(_, var)| var.elem_count()).sum();
            assert!(figure.contains(&thousands(weights)));
        }
        assert_eq!(figure.matches("7 towers").count(), 2);
    }
}
