"""What every Store must keep of its queries: pages, ranges, order, and that no other query exists."""

from __future__ import annotations

import pytest

from kit.errors import Invalid
from kit.store.port import Query, Range, Store


class QueryContract:
    """The part of the Store contract that is about reading by declared indexes."""

    def test_pages_go_on_where_the_last_one_ended_also_among_equals(self, store: Store) -> None:
        for number in range(23):
            store.insert("thing", f"id{number:02}", {"lane": "A", "rank": number // 4})
        store.insert("thing", "elsewhere", {"lane": "B", "rank": 0})
        seen: list[str] = []
        cursor = ""
        while True:
            page = store.find(Query("thing", "by_lane", {"lane": "A"}, limit=5, cursor=cursor))
            assert len(page.documents) <= 5
            seen += [document.id for document in page.documents]
            cursor = page.cursor
            if not cursor:
                break
        assert seen == [f"id{number:02}" for number in range(23)]

    def test_pages_run_backwards_too(self, store: Store) -> None:
        for number in range(7):
            store.insert("thing", f"id{number}", {"lane": "A", "rank": number})
        first = store.find(Query("thing", "by_lane", {"lane": "A"}, descending=True, limit=3))
        second = store.find(Query("thing", "by_lane", {"lane": "A"}, descending=True, limit=9, cursor=first.cursor))
        assert [d.id for d in (*first.documents, *second.documents)] == [f"id{n}" for n in (6, 5, 4, 3, 2, 1, 0)]

    def test_a_page_is_not_disturbed_by_what_is_written_meanwhile(self, store: Store) -> None:
        for number in range(6):
            store.insert("thing", f"id{number}", {"lane": "A", "rank": number})
        first = store.find(Query("thing", "by_lane", {"lane": "A"}, limit=3))
        store.insert("thing", "early", {"lane": "A", "rank": -1})
        second = store.find(Query("thing", "by_lane", {"lane": "A"}, limit=9, cursor=first.cursor))
        assert [document.id for document in second.documents] == ["id3", "id4", "id5"]

    def test_ranges_include_the_least_and_leave_out_the_bound(self, store: Store) -> None:
        for number in range(6):
            store.insert("thing", f"id{number}", {"lane": "A", "rank": number})
        page = store.find(Query("thing", "by_lane", {"lane": "A"}, Range(2, 5)))
        assert [document.body["rank"] for document in page.documents] == [2, 3, 4]
        assert store.count(Query("thing", "by_lane", {"lane": "A"}, Range(least=2), limit=100)) == 4

    def test_several_values_are_merged_in_order(self, store: Store) -> None:
        for number, lane in enumerate("ABCABC"):
            store.insert("thing", f"id{number}", {"lane": lane, "rank": number})
        page = store.find(Query("thing", "by_lane", {"lane": ("A", "C")}, limit=3))
        rest = store.find(Query("thing", "by_lane", {"lane": ("A", "C")}, limit=3, cursor=page.cursor))
        assert [d.body["rank"] for d in (*page.documents, *rest.documents)] == [0, 2, 3, 5]
        assert store.count(Query("thing", "by_lane", {"lane": ("A", "C")}, limit=100)) == 4

    def test_an_index_over_one_field_orders_all_and_passes_over_nulls(self, store: Store) -> None:
        for id, due in (("late", 30), ("asleep", None), ("early", 10), ("never", "absent")):
            store.insert("thing", id, {} if due == "absent" else {"due_at": due})
        page = store.find(Query("thing", "alarms", {}, Range(least=0, below=31)))
        assert [document.id for document in page.documents] == ["early", "late"]

    @pytest.mark.parametrize("descending", [False, True])
    def test_pages_pass_over_no_document_whose_order_field_is_empty(self, store: Store, descending: bool) -> None:
        for number in range(8):
            store.insert("thing", f"id{number}", {"lane": "A", **({"rank": number} if number > 3 else {})})
        seen: list[str] = []
        cursor = ""
        while True:
            asked = Query("thing", "by_lane", {"lane": "A"}, descending=descending, limit=3, cursor=cursor)
            page = store.find(asked)
            seen += [document.id for document in page.documents]
            cursor = page.cursor
            if not cursor:
                break
        assert seen == [f"id{number}" for number in (range(7, -1, -1) if descending else range(8))]

    def test_nested_fields_and_three_field_indexes_are_found(self, store: Store) -> None:
        store.insert("thing", "a", {"lane": "A", "colour": "红", "rank": 1, "place": {"town": "恒口"}})
        store.insert("thing", "b", {"lane": "A", "colour": "黄", "rank": 2, "place": {"town": "五里"}})
        assert [d.id for d in store.find(Query("thing", "by_nested", {"place.town": "恒口"})).documents] == ["a"]
        assert [d.id for d in store.find(Query("thing", "by_group", {"lane": "A", "colour": "黄"})).documents] == ["b"]
        assert store.find(Query("thing", "by_group", {"lane": "A", "colour": "蓝"})).documents == ()

    def test_a_query_that_no_index_declares_is_refused(self, store: Store) -> None:
        for query in (
            Query("thing", "by_rank", {}),
            Query("thing", "by_lane", {}),
            Query("thing", "by_lane", {"colour": "红"}),
            Query("thing", "by_group", {"lane": "A"}),
        ):
            with pytest.raises(KeyError):
                store.find(query)

    def test_a_made_up_cursor_is_refused(self, store: Store) -> None:
        for cursor in ("x", "!!!", "bnVsbA", "WzEsMl0", "eyIkZ3QiOjF9", "WzkyMjMzNzIwMzY4NTQ3NzU4MDgsIngiXQ"):
            with pytest.raises(Invalid) as refused:
                store.find(Query("thing", "by_lane", {"lane": "A"}, cursor=cursor))
            assert refused.value.code == "cursor_invalid"

    def test_values_shaped_like_code_are_only_values(self, store: Store) -> None:
        for number, evil in enumerate(("' OR 1=1 --", '{"$gt": ""}', "$where", "a.b", "%", '"; DROP TABLE doc_thing')):
            store.insert("thing", f"id{number}", {"lane": evil, "rank": 1, "code": evil})
            assert [d.id for d in store.find(Query("thing", "by_lane", {"lane": evil})).documents] == [f"id{number}"]
            found = store.find_unique("thing", "code", [evil])
            assert found is not None
            assert found.body["lane"] == evil
        assert store.find(Query("thing", "by_lane", {"lane": "% "})).documents == ()

    def test_a_count_stops_at_its_limit(self, store: Store) -> None:
        for number in range(9):
            store.insert("thing", f"id{number}", {"lane": "A", "rank": number})
        assert store.count(Query("thing", "by_lane", {"lane": "A"}, limit=4)) == 4
