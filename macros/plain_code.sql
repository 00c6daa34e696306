{#- A code as it is compared, whatever a source writes round it: upper case, no dots and no blanks; without the name of a
    vocabulary before it (ICD10CM:C90.00, NDC 59572-410-28), without marks round it (|C90.00|) or text behind it
    (C90.00^Multiple myeloma), without the M of a morphology (M9732/3); an NDC with dashes as its eleven digits. -#}
{% macro plain_code(code) -%}
    {%- set vocabulary = "ICD-?10(?:-?(?:CM|PCS|GM|CA|AM|WHO))?|ICD-?9(?:-?(?:CM|PROC))?|ICD-?O(?:-?[23])?|ICD"
        ~ "|SNOMED(?:[ -]?CT)?|SCT|LOINC|RXNORM|RXCUI|NDC|CPT-?4?|HCPCS|ATC|MS-?DRG|DRG" -%}
    {%- set marks = "[|^:;, \"'']*" -%}
    {%- set bare = "regexp_extract(upper(trim(" ~ code ~ ")), '^" ~ marks ~ "(?:(?:" ~ vocabulary ~ ")[:|^=# ]+)?" ~ marks
        ~ "([^|^]*?)" ~ marks ~ "(?:[|^].*)?$', 1)" -%}
    replace(
        case
            when regexp_extract({{ bare }}, '^M-?[0-9]{4}/[0-9]', 0) != '' then regexp_replace({{ bare }}, '^M-?', '')
            when regexp_extract({{ bare }}, '^[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2}$', 0) != ''
                then
                    lpad(split_part({{ bare }}, '-', 1), 5, '0') || lpad(split_part({{ bare }}, '-', 2), 4, '0')
                    || lpad(split_part({{ bare }}, '-', 3), 2, '0')
            else {{ bare }}
        end,
        '.', ''
    )
{%- endmacro %}
