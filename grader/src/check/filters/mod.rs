//! Things made for the filters of a list, and which of them each request should show.

mod values;

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value;

use super::Cx;
use crate::model::Fault;
use crate::pack::{Entity, Filter, Keeps, On, Pack};
use crate::probe::plant::{NotPlanted, Planted, Planting, Signs, Wish};

use values::Values;

/// One request to a list with filters, and what it should show.
pub(crate) struct Case {
    /// The filters that it asks with: parameter and value.
    pub(crate) query: Vec<(String, String)>,
    /// What is remarkable about it, to follow "a value": ` with capitals`.
    pub(crate) about: &'static str,
    /// Places in [`Scene::things`]: what it must show, and what it must not.
    pub(crate) fits: Vec<usize>,
    pub(crate) unfit: Vec<usize>,
}

impl Case {
    /// The parameters that it asks with: `city`, `venue_id and from`.
    pub(crate) fn names(&self) -> String {
        let names: Vec<&str> = self.query.iter().map(|(n, _)| n.as_str()).collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
            None => String::new(),
        }
    }
}

/// What was made for the filters of one list.
pub(crate) struct Scene {
    /// The things, and how items tell that they are they.
    pub(crate) things: Vec<(Planted, Signs)>,
    /// What is to be asked.
    pub(crate) cases: Vec<Case>,
}

/// Makes what is needed to judge the filters of the list that shows this entity. None where it has none.
pub(crate) async fn scene(cx: &mut Cx, name: &str) -> Result<Planting<Option<Scene>>, Fault> {
    let pack = cx.pack();
    let Some(entity) = pack.entity(name) else {
        return Ok(Ok(None));
    };
    let filters = pack
        .list_rules(entity)
        .map(|r| r.filters.clone())
        .unwrap_or_default();
    if filters.is_empty() {
        return Ok(Ok(None));
    }
    let mut making = Making {
        cx,
        entity,
        pack: &pack,
        scene: Scene {
            things: Vec::new(),
            cases: Vec::new(),
        },
        facts: IndexMap::new(),
    };
    match making.all(&filters).await? {
        Ok(()) => Ok(Ok(Some(making.scene))),
        Err(why) => Ok(Err(why)),
    }
}

struct Making<'m> {
    cx: &'m mut Cx,
    entity: &'m Entity,
    pack: &'m Pack,
    scene: Scene,
    /// The values that were chosen for each fact that a filter looks at, so that two bounds agree.
    facts: IndexMap<String, Values>,
}

/// A value that is asked for, what fits it and what does not.
struct Choice {
    query: (String, String),
    fits: Wish,
    unfit: Wish,
}

impl Making<'_> {
    async fn all(&mut self, filters: &[Filter]) -> Result<Planting<()>, Fault> {
        let mut choices = Vec::new();
        for filter in filters {
            let made = match &filter.on {
                On::Parent(role) => self.parent(filter, role).await?,
                On::Fact(fact) => self.fact(filter, fact).await?,
            };
            match made {
                Ok(choice) => choices.extend(choice),
                Err(why) => return Ok(Err(why)),
            }
        }
        if choices.len() > 1 {
            return self.together(&choices).await;
        }
        Ok(Ok(()))
    }

    /// All filters at once: one thing fits all of them, and for each of them one fits all others.
    async fn together(&mut self, choices: &[Choice]) -> Result<Planting<()>, Fault> {
        let mut all = Wish::default();
        for choice in choices {
            merge(&mut all, &choice.fits);
        }
        let mut wishes = vec![all.clone()];
        for choice in choices {
            let mut but = all.clone();
            merge(&mut but, &choice.unfit);
            wishes.push(but);
        }
        let made = match self.make(wishes).await? {
            Ok(made) => made,
            Err(why) => return Ok(Err(why)),
        };
        self.scene.cases.push(Case {
            query: choices.iter().map(|c| c.query.clone()).collect(),
            about: "",
            fits: made[..1].to_vec(),
            unfit: made[1..].to_vec(),
        });
        Ok(Ok(()))
    }

    /// A thing of one parent, and a thing of another.
    async fn parent(
        &mut self,
        filter: &Filter,
        role: &str,
    ) -> Result<Planting<Option<Choice>>, Fault> {
        let Some(parent) = self.entity.parents.get(role) else {
            return Ok(Ok(None));
        };
        let mut wishes = Vec::new();
        for _ in 0..2 {
            let above = match self.cx.planter().plant(&parent.entity).await? {
                Ok(above) => above,
                Err(why) => return Ok(Err(why)),
            };
            let mut wish = Wish::default();
            wish.parents.insert(role.to_owned(), Arc::new(above));
            wishes.push(wish);
        }
        let key = wishes[0].parents.get(role).and_then(|p| p.key.clone());
        let Some(key) = key else { return Ok(Ok(None)) };
        let query = (filter.param.clone(), text(&key));
        let made = match self.make(wishes.clone()).await? {
            Ok(made) => made,
            Err(why) => return Ok(Err(why)),
        };
        self.case(&query, "", &made, &[0]);
        let unfit = wishes.pop().unwrap_or_default();
        let fits = wishes.pop().unwrap_or_default();
        Ok(Ok(Some(Choice { query, fits, unfit })))
    }

    /// Things with values that the filter tells apart.
    async fn fact(
        &mut self,
        filter: &Filter,
        name: &str,
    ) -> Result<Planting<Option<Choice>>, Fault> {
        let Some(fact) = self.entity.facts.get(name).filter(|f| f.send.is_some()) else {
            return Ok(Ok(None));
        };
        let known = self.facts.get(name).cloned();
        let values =
            known.or_else(|| Values::of(self.pack, fact, filter.keeps, self.cx.planter().rng()));
        let Some(values) = values else {
            return Ok(Ok(None));
        };
        self.facts.insert(name.to_owned(), values.clone());
        let wish = |value: &Value| Wish {
            facts: IndexMap::from([(name.to_owned(), value.clone())]),
            ..Wish::default()
        };
        let (tests, choice) = values.tests(filter.keeps);
        let mut all: Vec<&Value> = Vec::new();
        for test in &tests {
            for value in test.fits.iter().chain(&test.unfit) {
                if !all.contains(&value) {
                    all.push(value);
                }
            }
        }
        let made = match self.make(all.iter().map(|v| wish(v)).collect()).await? {
            Ok(made) => made,
            Err(why) => return Ok(Err(why)),
        };
        let places = |values: &[Value]| {
            let at = |v: &Value| all.iter().position(|a| *a == v).map(|i| made[i]);
            values.iter().filter_map(at).collect::<Vec<_>>()
        };
        for test in &tests {
            self.scene.cases.push(Case {
                query: vec![(filter.param.clone(), text(&test.ask))],
                about: test.about,
                fits: places(&test.fits),
                unfit: places(&test.unfit),
            });
        }
        Ok(Ok(choice.map(|(ask, fits, unfit)| Choice {
            query: (filter.param.clone(), text(&ask)),
            fits: wish(&fits),
            unfit: wish(&unfit),
        })))
    }

    fn case(
        &mut self,
        query: &(String, String),
        about: &'static str,
        made: &[usize],
        fits: &[usize],
    ) {
        let of = |fit: bool| {
            let all = made.iter().enumerate();
            all.filter(|(n, _)| fits.contains(n) == fit)
                .map(|(_, at)| *at)
                .collect()
        };
        self.scene.cases.push(Case {
            query: vec![query.clone()],
            about,
            fits: of(true),
            unfit: of(false),
        });
    }

    /// Makes things as wished; their places in the scene.
    async fn make(&mut self, wishes: Vec<Wish>) -> Result<Result<Vec<usize>, NotPlanted>, Fault> {
        let mut places = Vec::new();
        for mut wish in wishes {
            // What is not wished for is shared: making parents is the service's time.
            if let Some((first, _)) = self.scene.things.first() {
                for (role, parent) in &first.parents {
                    wish.parents
                        .entry(role.clone())
                        .or_insert_with(|| Arc::clone(parent));
                }
            }
            match self.cx.planter().plant_as(&self.entity.name, wish).await? {
                Ok(thing) => {
                    if let Some(signs) = self.cx.planter().signs(&thing) {
                        places.push(self.scene.things.len());
                        self.scene.things.push((thing, signs));
                    } else {
                        let why =
                            format!("no item of the list tells which {} it is", self.entity.name);
                        return Ok(Err(NotPlanted::NoWay(why)));
                    }
                }
                Err(why) => return Ok(Err(why)),
            }
        }
        Ok(Ok(places))
    }
}

fn merge(into: &mut Wish, more: &Wish) {
    into.facts.extend(more.facts.clone());
    into.parents.extend(more.parents.clone());
}

/// A value as it stands in a query.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a filter that is one end of a range keeps what lies exactly on it.
fn keeps_edge(keeps: Keeps) -> bool {
    matches!(keeps, Keeps::From | Keeps::Until)
}
