//! The queries. They name system catalogs and system functions alone; expressions are printed, never evaluated.

/// Which relations (`c` in schema `n`) are a learner's: the one place where system and extension objects are left
/// out.
macro_rules! learners {
    ($rest:literal) => {
        concat!(
            "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') \
             AND c.relpersistence <> 't' \
             AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass \
             AND d.objid = c.oid AND d.deptype = 'e') ",
            $rest
        )
    };
}

/// oid, schema, name, owner, kind, row security.
pub(super) const RELATIONS: &str = concat!(
    "SELECT c.oid, n.nspname::text, c.relname::text, pg_get_userbyid(c.relowner)::text, \
     c.relkind::text, c.relrowsecurity FROM ",
    learners!(
        "AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition ORDER BY n.nspname, c.relname"
    )
);

/// table, name, type, type below a domain, not null, default or expression, identity, generated.
pub(super) const COLUMNS: &str = "\
    WITH RECURSIVE base AS ( \
      SELECT oid AS start, oid, typbasetype, typtypmod, typnotnull, typtype FROM pg_type \
      UNION ALL \
      SELECT b.start, t.oid, t.typbasetype, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE b.typtypmod END, \
        b.typnotnull OR (t.typtype = 'd' AND t.typnotnull), t.typtype \
      FROM base b JOIN pg_type t ON b.typtype = 'd' AND t.oid = b.typbasetype) \
    SELECT a.attrelid, a.attname::text, format_type(a.atttypid, a.atttypmod), \
      format_type(b.oid, CASE WHEN b.oid = a.atttypid THEN a.atttypmod ELSE b.typtypmod END), \
      a.attnotnull OR (b.oid <> a.atttypid AND b.typnotnull), \
      pg_get_expr(d.adbin, d.adrelid), a.attidentity <> '', a.attgenerated <> '' \
    FROM pg_attribute a JOIN base b ON b.start = a.atttypid AND b.typtype <> 'd' \
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
    WHERE a.attrelid = ANY($1) AND a.attnum > 0 AND NOT a.attisdropped \
    ORDER BY a.attrelid, a.attnum";

/// table, name, kind, columns, deferrable, valid, other schema, other table, other columns, on delete, on update,
/// expression.
pub(super) const CONSTRAINTS: &str = "\
    SELECT k.conrelid, k.conname::text, k.contype::text, \
      ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(num, at) \
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num ORDER BY u.at), \
      k.condeferrable, k.convalidated, rn.nspname::text, r.relname::text, \
      ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(num, at) \
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num ORDER BY u.at), \
      k.confdeltype::text, k.confupdtype::text, pg_get_expr(k.conbin, k.conrelid) \
    FROM pg_constraint k LEFT JOIN pg_class r ON r.oid = k.confrelid \
    LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace \
    WHERE k.conrelid = ANY($1) AND k.contype IN ('p', 'u', 'f', 'c') \
    ORDER BY k.conrelid, k.conname";

/// table, index, name, method, unique, primary, usable, predicate, number of keys.
pub(super) const INDEXES: &str = "\
    SELECT i.indrelid, i.indexrelid, c.relname::text, m.amname::text, i.indisunique, i.indisprimary, \
      i.indisvalid AND i.indisready AND i.indislive, pg_get_expr(i.indpred, i.indrelid), i.indnkeyatts \
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam \
    WHERE i.indrelid = ANY($1) ORDER BY i.indrelid, c.relname";

/// index, place from 1, column, text, operator class, collation, options. What is only carried has no operator class.
pub(super) const INDEX_KEYS: &str = "\
    SELECT i.indexrelid, u.at, a.attname::text, pg_get_indexdef(i.indexrelid, u.at::int, true), \
      n.nspname || '.' || o.opcname, l.collname::text, \
      CASE WHEN u.at <= i.indnkeyatts THEN i.indoption[u.at - 1] ELSE 0 END::int2 \
    FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY u(num, at) \
    LEFT JOIN pg_attribute a ON u.num > 0 AND a.attrelid = i.indrelid AND a.attnum = u.num \
    LEFT JOIN pg_opclass o ON u.at <= i.indnkeyatts AND o.oid = i.indclass[u.at - 1] \
    LEFT JOIN pg_namespace n ON n.oid = o.opcnamespace \
    LEFT JOIN pg_collation l ON u.at <= i.indnkeyatts AND l.oid = i.indcollation[u.at - 1] \
    WHERE i.indrelid = ANY($1) ORDER BY i.indexrelid, u.at";

/// table, trigger.
pub(super) const TRIGGERS: &str = "\
    SELECT tgrelid, tgname::text FROM pg_trigger WHERE tgrelid = ANY($1) AND NOT tgisinternal \
    ORDER BY tgrelid, tgname";

/// partitioned table, schema and name of each leaf.
pub(super) const LEAVES: &str = "\
    SELECT p.oid, n.nspname::text, c.relname::text \
    FROM unnest($1::oid[]) p(oid) CROSS JOIN LATERAL pg_partition_tree(p.oid) t \
    JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'r' JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE t.isleaf ORDER BY p.oid, n.nspname, c.relname";

/// schema, name, owner, schema, table and column it numbers, min, max, step.
pub(super) const SEQUENCES: &str = concat!(
    "SELECT n.nspname::text, c.relname::text, pg_get_userbyid(c.relowner)::text, o.nspname, o.relname, \
     o.attname, s.seqmin, s.seqmax, s.seqincrement FROM pg_sequence s JOIN ( \
     SELECT c.oid, n.nspname, c.relname, c.relowner FROM ",
    learners!("AND c.relkind = 'S'"),
    ") c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.nspname = c.nspname LEFT JOIN LATERAL ( \
     SELECT tn.nspname::text, t.relname::text, a.attname::text FROM pg_depend d \
     JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace \
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid \
     WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass \
     AND d.deptype IN ('a', 'i') LIMIT 1) o ON true ORDER BY 1, 2"
);

/// name.
pub(super) const EXTENSIONS: &str =
    "SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1";
