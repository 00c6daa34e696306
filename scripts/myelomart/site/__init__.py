"""A site's own folder: studies, codes, rules and checks that are added to ours for its builds."""
