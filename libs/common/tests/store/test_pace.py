from atrium_common.store.pace import Pace


def test_who_waits_looks_often_after_news_and_seldom_where_nothing_happens() -> None:
    pace = Pace(busy=0.01, idle=0.05)
    assert pace.pause(100.0) == 0.05
    pace.news(100.0)
    assert pace.pause(100.9) == 0.01
    assert pace.pause(101.0) == 0.05
