//! Asks one check: finds it the world it needs, with as much company as it bears.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;

use super::conduct::Stand;
use super::ended::Life;
use crate::check::hindsight::{Ground, Past};
use crate::check::{
    Answer, BreaksCx, Check, Cx, HindsightCx, LocksCx, QuietCx, Raised, Run, SurveyCx,
};
use crate::model::{Alone, CheckId, Fault, Verdict, WorldKind};
use crate::probe::until;
use crate::runtime::{Liveness, Phase, Trouble};

/// The check that tells of a failed build.
const BUILD: &str = "boot.build-fails";
/// The check that tells of a service that does not come up.
const READY: &str = "boot.never-answers";

/// The verdict of a check. `began` learns when it starts to ask, after all waiting.
pub(super) async fn ask(
    stand: Arc<Stand>,
    check: &'static Check,
    began: watch::Sender<Option<Instant>>,
) -> Verdict {
    let answer = match check.run {
        Run::Static(run) => match stand.worlds.boot(check.id != BUILD).await {
            Ok(boot) => {
                began.send_replace(Some(Instant::now()));
                match stand.worlds.told(check.id, boot).await {
                    Ok(mut cx) => run(&mut cx).await,
                    Err(fault) => Err(fault),
                }
            }
            Err(fault) => Err(fault),
        },
        Run::Survey(run) => surveyed(&stand, check, &began, run).await,
        Run::Hindsight(run) => looked_back(&stand, check, &began, run).await,
        _ if has_own_world(check) => own(&stand, check, &began).await,
        _ => shared(&stand, check, &began).await,
    };
    answer.unwrap_or_else(|fault| Verdict::Broken {
        fault: fault.to_string(),
    })
}

/// Whether a check gets a world that nobody else uses.
pub(super) fn has_own_world(check: &Check) -> bool {
    let own = matches!(
        check.world,
        WorldKind::Fresh | WorldKind::Server | WorldKind::Limited
    );
    own || matches!(check.run, Run::Breaks(_) | Run::Survey(_))
}

/// Asks a check about the survey, which is taken when the first one asks.
async fn surveyed(
    stand: &Stand,
    check: &'static Check,
    began: &watch::Sender<Option<Instant>>,
    run: for<'a> fn(&'a mut SurveyCx) -> Answer<'a>,
) -> Result<Verdict, Fault> {
    let (raised, survey) = match stand.worlds.survey(stand.settings.seed).await {
        Ok(found) => found,
        Err(trouble) => return not_up(&trouble, check.world),
    };
    // One after the other: what one tries and takes back would keep another waiting.
    let Some(lock) = stand.worlds.lock(check.world) else {
        return Err(Fault::new("choosing a world", "this kind is never shared"));
    };
    let _alone = lock.write().await;
    began.send_replace(Some(Instant::now()));
    let cx = QuietCx::new(cx(stand, check, &raised)?);
    run(&mut SurveyCx::new(cx, survey)).await
}

/// Asks a check what it sees when it looks back.
async fn looked_back(
    stand: &Arc<Stand>,
    check: &'static Check,
    began: &watch::Sender<Option<Instant>>,
    run: for<'a> fn(&'a mut HindsightCx) -> Answer<'a>,
) -> Result<Verdict, Fault> {
    // An end that no check met since is seen now.
    for raised in stand.worlds.up() {
        let life = Life::of(raised);
        if !life.runs() {
            stand.ends.notice(life, None);
        }
    }
    began.send_replace(Some(Instant::now()));
    let past = Past {
        pack: Arc::clone(&stand.pack),
        journal: stand.journal.clone(),
        seed: stand.seed.clone(),
        ends: stand.ends.untold(&stand.journal),
        failed: stand.ends.failed(),
        secrets: stand.worlds.secrets(),
    };
    let ground: Arc<dyn Ground> = Arc::<Stand>::clone(stand);
    let mut cx = HindsightCx::new(check.id, past, ground);
    let verdict = run(&mut cx).await;
    stand.ends.explain(check.id, cx.explained());
    verdict
}

impl Ground for Stand {
    fn fresh(&self) -> BoxFuture<'_, Result<Arc<Raised>, Trouble>> {
        self.worlds.fresh().boxed()
    }
}

async fn shared(
    stand: &Stand,
    check: &'static Check,
    began: &watch::Sender<Option<Instant>>,
) -> Result<Verdict, Fault> {
    let raised = match stand.worlds.shared(check.world).await {
        Ok(raised) => raised,
        Err(trouble) => return not_up(&trouble, check.world),
    };
    let Some(lock) = stand.worlds.lock(check.world) else {
        return Err(Fault::new("choosing a world", "this kind is never shared"));
    };
    revived(stand, check, &raised).await?;
    let (before, verdict) = if let Run::Shared(run) = check.run {
        let _company = lock.read().await;
        let _place = stand.company.acquire().await;
        began.send_replace(Some(Instant::now()));
        let before = Life::of(&raised);
        (before, run(&mut cx(stand, check, &raised)?).await)
    } else {
        let _alone = lock.write().await;
        began.send_replace(Some(Instant::now()));
        let before = Life::of(&raised);
        (before, in_world(stand, check, &raised).await)
    };
    if !ended(stand, check, &before.processes, &raised).await? {
        return verdict;
    }
    stand.ends.notice(before, Some((check.id, false)));
    // The service ended while this check was asked, beside others: nobody knows by whose request. Asked again
    // alone, in a world of its own, it says what it is to blame for.
    revived(stand, check, &raised).await?;
    own(stand, check, began).await
}

/// Starts a shared world's service again if it has ended, and takes note of that.
async fn revived(stand: &Stand, check: &Check, raised: &Raised) -> Result<(), Fault> {
    let life = Life::of(raised);
    if !life.runs() {
        stand.ends.notice(life, None);
    }
    stand.worlds.revive(check.world, raised).await
}

/// Whether the service ended while a check was asked. The kernel tells of an end a moment after the connection
/// broke, so a check that met a broken connection gives it that moment.
async fn ended(
    stand: &Stand,
    check: &Check,
    before: &[Liveness],
    raised: &Raised,
) -> Result<bool, Fault> {
    if !same_processes(before, raised) {
        return Ok(true);
    }
    if !stand.journal.was_cut_off(check.id) {
        return Ok(false);
    }
    let gone = async || Ok((!same_processes(before, raised)).then_some(()));
    Ok(until(Duration::from_secs(1), gone).await?.is_some())
}

/// Whether the same processes still run.
fn same_processes(before: &[Liveness], raised: &Raised) -> bool {
    let now = raised.world.alive();
    before == now && now.iter().all(Liveness::runs)
}

async fn own(
    stand: &Stand,
    check: &'static Check,
    began: &watch::Sender<Option<Instant>>,
) -> Result<Verdict, Fault> {
    let (raised, _permit) = match stand.worlds.own(check.world).await {
        Ok(own) => own,
        Err(trouble) => return not_up(&trouble, check.world),
    };
    began.send_replace(Some(Instant::now()));
    let life = Life::of(&raised);
    let verdict = in_world(stand, check, &raised).await;
    let died = ended(stand, check, &raised.world.alive(), &raised).await?;
    if died && check.alone() != Alone::Breaks {
        stand.ends.notice(life, Some((check.id, true)));
    }
    raised.world.lower().await?;
    match verdict {
        Ok(Verdict::Pass { .. }) if died => Ok(Verdict::Inconclusive {
            control: "the service ended while it was asked".to_owned(),
        }),
        verdict => verdict,
    }
}

async fn in_world(
    stand: &Stand,
    check: &'static Check,
    raised: &Arc<Raised>,
) -> Result<Verdict, Fault> {
    let cx = cx(stand, check, raised)?;
    match check.run {
        Run::Shared(run) => run(&mut { cx }).await,
        Run::Quiet(run) => run(&mut QuietCx::new(cx)).await,
        Run::Locks(run) => run(&mut LocksCx::new(QuietCx::new(cx))).await,
        Run::Breaks(run) => run(&mut BreaksCx::new(LocksCx::new(QuietCx::new(cx)))).await,
        Run::Static(_) | Run::Survey(_) | Run::Hindsight(_) => {
            let cause = "it is asked about what was found, not in a world";
            Err(Fault::new("asking a check", cause))
        }
    }
}

fn cx(stand: &Stand, check: &'static Check, raised: &Arc<Raised>) -> Result<Cx, Fault> {
    Cx::new(check.id, &stand.pack, raised, &stand.journal, &stand.seed)
}

/// A world that did not come up. For the world that every run has, the boot checks tell the story and this
/// check waits for them; another world of the same service may fail for reasons nobody has judged.
fn not_up(trouble: &Trouble, kind: WorldKind) -> Result<Verdict, Fault> {
    match trouble {
        Trouble::Story(story) if kind == WorldKind::Main || story.phase == Phase::Build => {
            let root = if story.phase == Phase::Build {
                BUILD
            } else {
                READY
            };
            Ok(Verdict::Blocked {
                by: vec![CheckId::from(root)],
            })
        }
        Trouble::Story(story) => Ok(Verdict::Inconclusive {
            control: format!(
                "a second copy of the service did not come up: {}",
                story.summary
            ),
        }),
        Trouble::Unsupported(why) => Ok(Verdict::Skipped { why: why.clone() }),
        Trouble::Fault(fault) => Err(fault.clone()),
    }
}
