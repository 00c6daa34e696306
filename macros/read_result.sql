{#- What stands in the text of a result: an operator, a number with or without commas between its thousands, a unit, a flag
    of the laboratory (HL7 table 0078: H, L, HH, LL, A, N and their words, or stars). The number counts only where what is
    left of the text, result_unit, is nothing or a unit that unit_names knows: «2 of 5», «1:80» and «3-5» are no numbers.
    Before the number may stand what is measured, where the number has a decimal point or a weight («M-spike: 0.3 g/dL»,
    «IgG kappa 450 mg/dL»), and an operator may be a word («less than 0.1»). #}

{#- the text in lower case, its operator as a sign, without what is measured before the number -#}
{% macro bare_result(text) -%}
    {%- set signs = "replace(replace(replace(lower(" ~ text ~ "), 'less than ', '<'), 'greater than ', '>'), 'more than ', '>')" -%}
    {%- set label = "m[- ]?(?:spike|protein|component)|monoclonal|paraprotein|protein|restricted|band|spike|ig[gamde]|kappa|lambda|of|about|approx[.]?|approximately|~" -%}
    coalesce(
        nullif(
            regexp_extract(
                {{ signs }},
                '^[ ]*(?:(?:{{ label }})[ :=,-]*)+((?:[<>]=?|=|≤|≥)?[ ]*(?:[0-9]*[.][0-9]|[0-9]+[ ]*m?g).*)$',
                1
            ),
            ''
        ),
        {{ signs }}
    )
{%- endmacro %}

{#- the pattern of a number: 1,234.5 and 5,000 but not 1,2 -#}
{% macro number_pattern() -%}
    [+-]?(?:(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]+)(?:[.][0-9]*)?|[.][0-9]+)(?:[Ee][+-]?[0-9]+)?
{%- endmacro %}

{#- the operator before the number, NULL where there is none -#}
{% macro result_operator(text) -%}
    nullif(
        replace(replace(regexp_extract({{ bare_result(text) }}, '^[ ]*([<>]=?|=|≤|≥)[ ]*[0-9.]', 1), '≤', '<='), '≥', '>='), ''
    )
{%- endmacro %}

{#- the number that the text begins with, NULL where there is none -#}
{% macro result_number(text) -%}
    try_cast(
        replace(
            regexp_extract({{ bare_result(text) }}, '^[ ]*(?:[<>]=?|=|≤|≥)?[ ]*({{ number_pattern() | lower }})', 1), ',', ''
        ) as double
    )
{%- endmacro %}

{#- what stands behind the number in lower case and without flags: a unit's name, '' where there is none, NULL where the
    text does not begin with a number -#}
{% macro result_unit(text) -%}
    {%- set flag = "(?:[(]?(?:hh|ll|aa|h|l|a|n|high|low|critical|crit|abnormal|abn|normal)[)]?|[*!#]+)" -%}
    case
        when {{ result_number(text) }} is not null
            then
                trim(
                    regexp_replace(
                        regexp_replace(
                            regexp_extract(
                                {{ bare_result(text) }}, '^[ ]*(?:[<>]=?|=|≤|≥)?[ ]*{{ number_pattern() | lower }}[ ]*(.*)$', 1
                            ),
                            '^{{ flag }}([ ]|$)', ''
                        ),
                        '(^|[ ]|[(]){{ flag }}[ ]*$', ''
                    )
                )
    end
{%- endmacro %}
