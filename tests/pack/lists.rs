//! What a list promises: found in its parameters, or said in `[list.…]`.

use grader::pack::{By, Filter, Keeps, ListRules, On, OpId, Pack, PackProblems, PackSource, Sort};

const PROJECT: &str = "[project]
id = \"shop\"
title = \"A shop\"
tier = 1
stages = [\"boot\", \"endpoints\"]
[service]
ready = \"GET /healthz\"
[entity.shelf]
create = \"createShelf\"
key = \"/id\"
facts = [\"name\"]
[entity.box]
create = \"createBox\"
key = \"/id\"
parent = { shelf = \"/shelf_id\" }
facts = [\"name\", \"price\", \"colour\"]
";

const CONTRACT: &str = "openapi: 3.1.0
info: {title: Shop, version: '1'}
paths:
  /shelves:
    post:
      operationId: createShelf
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}}
  /boxes:
    post:
      operationId: createBox
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Box'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Box'}}}}}
    get:
      operationId: listBoxes
      parameters:
        - {name: shelf_id, in: query, schema: {type: integer}}
        - {name: name, in: query, schema: {type: string}}
        - {name: price, in: query, schema: {type: integer}}
        - {name: colour, in: query, schema: {type: string}}
        - {name: sort, in: query, schema: {enum: [SORTS], default: name}}
        - {name: direction, in: query, schema: {type: string}}
      responses: {'200': {description: some, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Box'}}}}}}
components:
  schemas:
    Shelf: {type: object, required: [name], properties: {id: {type: integer, readOnly: true}, name: {type: string}}}
    Box:
      type: object
      required: [name, shelf_id]
      properties: {id: {type: integer, readOnly: true}, name: {type: string}, price: {type: integer}, colour: {enum: [red, blue]}, shelf_id: {type: integer}}
";

fn load(list: &str, sorts: &str) -> Result<Pack, PackProblems> {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("shop");
    std::fs::create_dir(&pack).unwrap();
    std::fs::write(pack.join("project.toml"), format!("{PROJECT}{list}")).unwrap();
    let contract = CONTRACT.replace("SORTS", sorts);
    std::fs::write(pack.join("openapi.yaml"), contract).unwrap();
    Pack::load(&PackSource::folder(pack), None)
}

fn rules(list: &str, sorts: &str) -> ListRules {
    let pack = load(list, sorts).unwrap_or_else(|problems| panic!("{problems}"));
    pack.lists[&OpId::from("listBoxes")].clone()
}

fn filter(param: &str, on: On, keeps: Keeps) -> Filter {
    Filter {
        param: param.to_owned(),
        on,
        keeps,
    }
}

fn fact(name: &str) -> On {
    On::Fact(name.to_owned())
}

#[test]
fn filters_are_found_by_their_names_and_numbers_are_not_guessed() {
    let parent = On::Parent("shelf".to_owned());
    assert_eq!(
        rules("", "price").filters,
        [
            filter("shelf_id", parent, Keeps::Equal),
            filter("name", fact("name"), Keeps::Like),
            filter("colour", fact("colour"), Keeps::Equal),
        ]
    );
}

#[test]
fn what_is_said_of_a_filter_replaces_what_was_found() {
    let said = "[list.listBoxes]\nfilters = { name = \"name\", price = { by = \"price\", is = \"until\" }, colour = false }\nown_cursors = true\n";
    let rules = rules(said, "price");
    assert_eq!(
        rules.filters[1..],
        [
            filter("name", fact("name"), Keeps::Equal),
            filter("price", fact("price"), Keeps::Until),
        ]
    );
    assert!(rules.own_cursors);
}

#[test]
fn sorts_are_found_in_every_usual_spelling() {
    let found = |sorts: &str| -> Vec<(String, By)> {
        let said = |s: Sort| (s.query[0].1.clone(), s.by);
        rules("", sorts).sorts.into_iter().map(said).collect()
    };
    let by = |word: &str, falling| {
        let fact = "price".to_owned();
        (word.to_owned(), By { fact, falling })
    };
    assert_eq!(
        found("price, '-price'"),
        [by("price", false), by("-price", true)]
    );
    assert_eq!(
        found("price_asc, price_desc"),
        [by("price_asc", false), by("price_desc", true)]
    );
    assert_eq!(
        found("'price:desc', priceAsc"),
        [by("price:desc", true), by("priceAsc", false)]
    );
    // Nobody says which way a bare name means, or what `newest` is.
    assert_eq!(found("price, newest"), []);
}

#[test]
fn an_order_is_said_or_is_the_default_of_the_sort() {
    let by = |fact: &str, falling| By {
        fact: fact.to_owned(),
        falling,
    };
    assert_eq!(rules("", "name, '-name'").order, [by("name", false)]);
    assert_eq!(rules("", "price, '-price'").order, []);
    let said = "[list.listBoxes]\norder = [\"-price\", \"name\"]\n";
    assert_eq!(
        rules(said, "name, '-name'").order,
        [by("price", true), by("name", false)]
    );
}

#[test]
fn what_is_not_there_is_said_with_what_was_meant() {
    for (list, what) in [
        (
            "[list.listBoxs]\norder = [\"name\"]\n",
            "no operation `listBoxs`",
        ),
        (
            "[list.createBox]\norder = [\"name\"]\n",
            "the list of no entity",
        ),
        (
            "[list.listBoxes]\norder = [\"prize\"]\n",
            "`prize` is no fact of box",
        ),
        (
            "[list.listBoxes]\nfilters = { nam = \"name\" }\n",
            "takes no query parameter `nam`",
        ),
        (
            "[list.listBoxes]\nfilters = { name = \"nam\" }\n",
            "neither a fact nor a parent",
        ),
        (
            "[list.listBoxes]\nfilters = { name = { by = \"name\", is = \"same\" } }\n",
            "none of its words",
        ),
        (
            "[list.listBoxes]\nfilters = { name = true }\n",
            "`true` does not say",
        ),
        (
            "[list.listBoxes]\nordr = [\"name\"]\n",
            "unknown key `ordr`",
        ),
    ] {
        let problems = load(list, "price").unwrap_err().problems;
        assert_eq!(problems.len(), 1, "{list}: {problems:#?}");
        assert!(problems[0].what.contains(what), "{list}: {problems:#?}");
    }
}
