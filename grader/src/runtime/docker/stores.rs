//! Where a service keeps or could keep data besides its database.

use super::host::Docked;
use crate::model::Fault;
use crate::runtime::Stores;

/// Looks.
pub(super) async fn stores(_world: &Docked) -> Result<Stores, Fault> {
    Ok(Stores::default())
}
