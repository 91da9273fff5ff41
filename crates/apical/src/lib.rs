//! apical.
