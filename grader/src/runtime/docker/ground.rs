//! What all worlds of a run stand on: the sealed network, the relay, Postgres, and the proof of the seal.

use std::sync::Arc;

use super::DockerRuntime;
use super::bake::{self, Baked};
use super::postgres::Postgres;
use super::relay::Relays;
use super::seal::{self, Seal};
use super::{images, network};
use crate::model::Fault;

/// All of it, up.
pub(super) struct Ground {
    /// The image of our own tools.
    pub(super) tools: String,
    pub(super) relays: Relays,
    pub(super) baked: Baked,
    pub(super) postgres: Arc<Postgres>,
    /// Whether a container can be given the IPv6 loopback address.
    pub(super) may_have_v6: bool,
}

impl DockerRuntime {
    /// Raises it at the first call.
    pub(super) async fn ground(&self) -> Result<&Ground, Fault> {
        // What could not be laid once will not be laid again: the first fault says why.
        let laid = self.ground.get_or_init(|| self.lay()).await;
        laid.as_ref().map_err(Clone::clone)
    }

    async fn lay(&self) -> Result<Ground, Fault> {
        let (engine, run) = (&self.engine, self.name.as_str());
        let (_, tools, baked) = tokio::try_join!(
            network::create(engine, run, run, !self.options.leave_open),
            images::relay(engine),
            bake::baked(engine, self.options.postgres, run),
        )?;
        let relays = Relays::new(engine, &tools, run, run);
        let name = relays.first_postgres();
        let postgres = Postgres::start(
            engine,
            &baked,
            (run, &name),
            relays.to_postgres(),
            &self.options.limits,
            false,
        );
        let (postgres, proof) = tokio::try_join!(postgres, seal::prove(engine, &tools, run, run))?;
        self.judge(proof.seal)?;
        Ok(Ground {
            tools,
            relays,
            baked,
            postgres: Arc::new(postgres),
            may_have_v6: proof.may_have_v6,
        })
    }

    /// An open network is our fault, unless whoever runs this said that they know.
    fn judge(&self, seal: Seal) -> Result<(), Fault> {
        let said = match seal {
            Seal::Holds(tried) => format!("sealed: none of {tried} ways out led anywhere"),
            Seal::Open(reached) => {
                let reached = reached.join(", ");
                if !self.options.allow_unsealed {
                    return Err(Fault::new(
                        "sealing the service's network",
                        format!("NOT SEALED: from inside it, {reached} could be reached"),
                    )
                    .cure("grade code you trust with --allow-unsealed, or look into the engine's firewall rules"));
                }
                format!("NOT SEALED: {reached} can be reached from inside")
            }
        };
        // Said once: a run has one network.
        let _ = self.said.set(format!("{}; {said}", self.why));
        Ok(())
    }
}
