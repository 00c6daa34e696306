{#- The spelling of a unit as it is compared: lower case, no blanks, brackets and powers' signs, no plural, «per» as /, micro
    as u (mcL, µL), a thousand and a billion before the slash as 103 and 109 (K/uL, THOU/MCL, x10^3/uL, 10e3/uL, giga/L), the
    full words of gram, litre, unit and hour as their letters, a day as 24h (mg/24 hours, mg/day). The rows of unit_names are
    compared by the same spelling: what they list is a unit, not its spellings. -#}
{% macro plain_unit(unit) -%}
    {%- set spelling = namespace(sql="replace(' ' || lower(trim(" ~ unit ~ ")), ' per ', '/')") -%}
    {%- set spelling.sql = "translate(" ~ spelling.sql ~ ", 'µμ×³⁹ ()[]{}_*^', 'uux39')" -%}
    {%- for pattern, letters in [
        ('(cubic|cu.?)(millimeter|millimetre|mm)', 'mm3'), ('lit(er|re)s?', 'l'), ('cells?', ''), ('micro|mc', 'u'),
        ('grams?|gm', 'g'), ('mgs', 'mg'), ('units?', 'u'), ('int[.]?u', 'iu'), ('hours?|hrs?', 'h'),
        ('[.]$', ''), ('/(24.?h|days?|d)$', '/24h'),
        ('^x?(thousands?|thous?|tho?|k|10(e|exp|x)?0?3|1000)/', '103/'),
        ('^x?(billions?|bil|giga|10(e|exp|x)?0?9)/', '109/')
    ] -%}
        {%- set spelling.sql = replace_all(spelling.sql, pattern, letters) -%}
    {%- endfor -%}
    {{ spelling.sql }}
{%- endmacro %}
