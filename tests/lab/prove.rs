//! `weft lab prove`: networks of all types, full matrix, spoofing.

use weft::lab::prove;

use crate::common::on_the_lab;

#[test]
fn the_whole_matrix_is_as_it_must_be() {
    on_the_lab("the_whole_matrix_is_as_it_must_be", async |lab| {
        let report = prove::prove(lab).await?;
        println!("{report}");
        prove::clean(lab).await?;
        assert!(report.holds(), "\n{report}");
        Ok(())
    });
}
