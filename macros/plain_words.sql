{#- The words of a text as they are compared: lower case, without accents, one blank between words, at the beginning and at
    the end; whatever is not in `kept` parts words. «REVLIMID 25MG-CAPS» is ' revlimid 25mg caps ', and ' revlimid mg caps '
    where letters alone are kept. A name is in a text when its words are, with a blank on both sides: a word inside another
    word is no match. -#}
{% macro plain_words(text, kept='a-z0-9') -%}
    ' ' || trim(
        {{ replace_all(
            "translate(lower(" ~ text ~ "), 'àáâäãåçèéêëìíîïñòóôöõùúûü', 'aaaaaaceeeeiiiinooooouuuu')",
            "[^" ~ kept ~ "]+", " "
        ) }}
    ) || ' '
{%- endmacro %}
