"""The texts of the rules, a module a level, in the order of judgement."""
