from hejnal_runtime.migrations import check, heads


def test_migrations_make_exactly_the_declared_tables(make_database):
    assert check(make_database("citizen"), "hejnal_citizen", "citizen") == []


def test_there_is_one_migration_head():
    assert len(heads("hejnal_citizen")) == 1
