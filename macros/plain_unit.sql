{#- The spelling of a unit as it is compared: lower case, no blanks, brackets and powers' signs, no plural, «per» as /, micro
    as u (mcL, µL), a thousand and a billion before the slash as 103 and 109 (K/uL, THOU/MCL, x10^3/uL, 10e3/uL, giga/L), the
    full words of gram, litre, unit, mole, hour and minute as their letters, a day as 24h (mg/24 hours, mg/day). The rows of
    unit_names are compared by the same spelling: what they list is a unit, not its spellings. -#}
{% macro plain_unit(unit) -%}
    {%- set spelling = namespace(sql="replace(' ' || lower(trim(" ~ unit ~ ")), ' per ', '/')") -%}
    {%- set spelling.sql = "translate(" ~ spelling.sql ~ ", 'µμ ()[]{}_*^', 'uu')" -%}
    {%- for word, letters in [
        ('cubicmillimeter', 'mm3'), ('cubicmm', 'mm3'), ('cu.mm', 'mm3'), ('cumm', 'mm3'),
        ('liters', 'l'), ('liter', 'l'), ('litres', 'l'), ('litre', 'l'), ('cells', ''), ('cell', ''),
        ('micro', 'u'), ('nano', 'n'), ('pico', 'p'), ('deci', 'd'), ('milli', 'm'),
        ('mcl', 'ul'), ('mcg', 'ug'), ('mcmol', 'umol'), ('grams', 'g'), ('gram', 'g'), ('gm', 'g'),
        ('moles', 'mol'), ('mole', 'mol'), ('units', 'u'), ('unit', 'u'), ('minutes', 'min'), ('minute', 'min'),
        ('hours', 'h'), ('hour', 'h'), ('hrs', 'h'), ('hr', 'h'), ('24.h', '24h'), ('days', '24h'), ('day', '24h')
    ] -%}
        {%- set spelling.sql = "replace(" ~ spelling.sql ~ ", '" ~ word ~ "', '" ~ letters ~ "')" -%}
    {%- endfor -%}
    {%- for pattern, letters in [
        ('/d$', '/24h'),
        ('^x?(thousands?|thous?|tho?|k|10(e|exp)?0?3)/', '103/'),
        ('^x?(billions?|giga|10(e|exp)?0?9)/', '109/')
    ] -%}
        {%- set spelling.sql = "regexp_replace(" ~ spelling.sql ~ ", '" ~ pattern ~ "', '" ~ letters ~ "')" -%}
    {%- endfor -%}
    {{ spelling.sql }}
{%- endmacro %}
