//! Density channels: one file each, with source and units.
//!
//! The channels of the layer 5b pyramidal cell of Hay et al. 2011 (doi:10.1371/journal.pcbi.1002107) keep the names
//! that they have there. Their kinetics hold at 34 °C: where they were measured at 21 °C, rates are multiplied by
//! 2.3^((34 − 21)/10), whatever the temperature of the model.

mod ca_hva;
mod ca_lvast;
mod density_channel;
mod ih;
mod im;
mod k_pst;
mod k_tst;
mod kinetics;
mod na_ta_t;
mod na_ts2_t;
mod nap_et2;
mod pas;
mod sk_e2;
mod skv3_1;
mod squid;

pub use ca_hva::CaHva;
pub use ca_lvast::CaLvast;
pub use density_channel::Painted;
pub use ih::Ih;
pub use im::Im;
pub use k_pst::KPst;
pub use k_tst::KTst;
pub use kinetics::{ChannelKinetics, Gate, Ion, RateContext, exprelr};
use kinetics::{compiled_here, not_zero, with_exp_m1};
pub use na_ta_t::NaTaT;
pub use na_ts2_t::NaTs2T;
pub use nap_et2::NapEt2;
pub use pas::Pas;
pub use sk_e2::SkE2;
pub use skv3_1::Skv31;
pub use squid::{SquidPotassium, SquidSodium};

/// 2.3^((34 − 21)/10): from 21 °C, where most of the channels were measured, to 34 °C.
const FACTOR_21_TO_34_CELSIUS: f64 = 2.952_882_641_412_121_5;
