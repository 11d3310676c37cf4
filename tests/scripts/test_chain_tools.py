"""What the chain's benchmarks are made of: sales as tills pack them, in any number."""

from __future__ import annotations

from chain_sales import EPOCH, Forms, one_record, rung_up

from runtime.sale.record import parse_record


def test_sales_in_any_number_have_the_bytes_of_the_record_code() -> None:
    forms = Forms(rung_up())
    sizes = []
    for one in forms.records("0007", "03", EPOCH, 1, 2 * len(forms.checkouts)):
        checkout = forms.checkouts[forms.form("03", one.sequence)]
        assert one.body == one_record(checkout, "0007", "03", EPOCH, one.sequence)
        assert parse_record(one.body).SequenceNumber == one.sequence
        sizes.append(len(one.body))
    assert 1_500 < sum(sizes) / len(sizes) < 3_000
