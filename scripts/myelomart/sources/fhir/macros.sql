-- What the resource types have in common: how a concept, a reference and a day are read. The variables are made of the
-- package's CSV files: `systems` (URI to vocabulary and rank), `refused` (statuses that are no fact), `known` (concept
-- ids of coded values), `meanings` (what the models call a code), and `zone`, the site's.

create macro concept_type()
    as '{"text": "VARCHAR", "coding": [{"system": "VARCHAR", "code": "VARCHAR", "display": "VARCHAR"}]}';
create macro reference_type() as '{"reference": "VARCHAR", "display": "VARCHAR"}';
create macro period_type() as '{"start": "VARCHAR", "end": "VARCHAR"}';
create macro quantity_type()
    as '{"value": "DOUBLE", "comparator": "VARCHAR", "unit": "VARCHAR", "system": "VARCHAR", "code": "VARCHAR"}';
create macro result_type()
    as '"valueQuantity": ' || quantity_type() || ', "valueCodeableConcept": ' || concept_type() || ',
    "valueString": "VARCHAR", "valueInteger": "DOUBLE", "valueBoolean": "BOOLEAN",
    "valueRange": {"low": ' || quantity_type() || ', "high": ' || quantity_type() || '},
    "valueRatio": {"numerator": ' || quantity_type() || ', "denominator": ' || quantity_type() || '},
    "dataAbsentReason": ' || concept_type() || ', "interpretation": [' || concept_type() || '],
    "referenceRange": [{"low": ' || quantity_type() || ', "high": ' || quantity_type() || '}]';
create macro common_type()
    as '"id": "VARCHAR", "status": "VARCHAR", "modifierExtension": "JSON", "subject": ' || reference_type()
    || ', "encounter": ' || reference_type() || ', "contained": "JSON", ';

-- a URI without its version and however its letters are written
create macro plain_system(uri) as lower(rtrim(split_part(uri, '|', 1), '/'));

create macro known_value(field, text) as getvariable('known')[field || ':' || text];

-- what the models call a code; the answer to a question (of_code) may mean something else elsewhere
create macro meaning_of(uri, code, of_code) as coalesce(
    getvariable('meanings')[plain_system(uri) || '|' || code || '|' || of_code],
    getvariable('meanings')[plain_system(uri) || '|' || code || '|']
);

-- the coding that is read: of the vocabulary that stands first in code_systems.csv, else the first of all
create macro best_coding(concept) as list_sort(
    list_transform(
        list_filter(concept.coding, lambda one: nullif(trim(one.code), '') is not null),
        lambda one, place: {
            'rank': coalesce(getvariable('systems')[plain_system(one.system)].rank, 1000),
            'place': place,
            'system': one.system,
            'code': trim(one.code),
            'display': one.display,
            'vocabulary_id': getvariable('systems')[plain_system(one.system)].vocabulary_id
        }
    )
)[1];

-- a text on one line, NULL where it is blank
create macro one_line(text) as nullif(trim(regexp_replace(text, '\s+', ' ', 'g')), '');

-- what a concept is called, in its own words before those of its coding; `coding` is its best_coding
create macro words_of(concept, coding) as coalesce(one_line(concept.text), one_line(coding.display));

-- the code as a source value, its words behind it: as the models call it, where they do; a code of an unknown system is
-- marked, since it may look like one of another system
create macro source_value(coding, words) as nullif(
    concat_ws(
        '^',
        case
            when coding is not null
                then coalesce(
                    meaning_of(coding.system, coding.code, ''),
                    case when coding.vocabulary_id is null then 'other:' || coding.code else coding.code end
                )
        end,
        words
    ),
    ''
);

-- an answer as text: what the models call it, else its words, else its code
create macro answer_of(concept, coding, of_code) as coalesce(
    list_filter(
        list_transform(concept.coding, lambda one: meaning_of(one.system, trim(one.code), of_code)),
        lambda one: one is not null
    )[1],
    regexp_replace(words_of(concept, coding), ' \((qualifier value|finding|disorder|procedure)\)$', ''),
    coding.code
);

-- the id behind a relative or absolute address, a urn, or one with a version; NULL for another type of resource
create macro id_of(reference, type) as coalesce(
    nullif(regexp_extract(reference, '(?:^|/)' || type || '/([A-Za-z0-9.-]+)(?:/_history/.*)?$', 1), ''),
    nullif(regexp_extract(reference, '^urn:(?:uuid|oid):(.+)$', 1), '')
);

-- an instant of UTC is a day only at midnight, or in the site's zone; any other offset is the writer's own, and so is
-- its day
create macro is_at_utc(text) as coalesce(
    regexp_full_match(text, '\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]00:00)')
    and not regexp_full_match(text, '.*T00:00(:00(\.0+)?)?(Z|[+-]00:00)'),
    false
);
create macro day_of(text) as case
    when is_at_utc(text) then cast(timezone(getvariable('zone'), try_cast(text as timestamptz)) as date)
    when regexp_full_match(text, '\d{4}-\d{2}-\d{2}(T.*)?') then try_cast(left(text, 10) as date)
end;

create macro has_no_zone(text) as is_at_utc(text) and getvariable('zone') is null;

-- why a resource is no fact, as 'element: reason'
create macro refused(type, element, value) as case
    when getvariable('refused')[type || '.' || element || '=' || value] is not null
        then element || ': it is ' || value || ', and so no fact'
end;
create macro not_understood(extension) as case
    when extension is not null then 'modifierExtension: it may change what the resource says'
end;
create macro not_placed(person, day) as case
    when person is null then 'subject: it names no patient'
    when day is null then 'date: it gives no whole day'
end;
create macro refusal_of(is_copy, extension, why_refused, person, day) as case
    when is_copy then 'id: the same resource stands again'
    else coalesce(not_understood(extension), why_refused, not_placed(person, day))
end;

-- every column that a fact may have, so that none is missing where the export has no such resource
create temp table no_facts (
    file_name varchar, line bigint, part bigint, resource_type varchar, target varchar, record varchar, person varchar,
    start_day date, end_day date, visit varchar, source_value varchar, vocabulary_id varchar, code varchar,
    concept_id bigint, type_concept_id bigint, value_number double, value_text varchar, operator_concept_id bigint,
    unit varchar, range_low double, range_high double, qualifier varchar, route varchar, stop_reason varchar,
    quantity double, days_dispensed double, days_ordered double, zone_needed varchar, refusal varchar, json json
);
create view no_medications as
select cast(null as varchar) as medication, from_json(cast(null as json), concept_type()) as concept where false;
