//! The grace period of a pod that is being deleted.

use podarium::session::view::stage::Grace;
use yew::prelude::*;

use crate::web::dispatch::Dispatch;
use crate::web::glyph::link_button;

/// The bar from the deletion to SIGKILL.
pub fn grace(grace: &Grace, dispatch: &Dispatch) -> Html {
    html! {
        <div class="grace" data-state="terminating">
            <div class="grace__marks" aria-hidden="true">
                { for grace.marks.iter().map(|mark| html! {
                    <span style={mark_place(mark.percent)}>{ &*mark.label }</span>
                }) }
            </div>
            <div class="grace__bar" role="progressbar" aria-label="Grace period" aria-valuemin="0" aria-valuemax="100"
                aria-valuenow={grace.percent.to_string()} aria-valuetext={grace.used.to_string()}>
                <span class="grace__fill" style={format!("width:{}%", grace.percent.min(100))}></span>
                { for grace.marks.iter().filter(|mark| (1..100).contains(&mark.percent)).map(|mark| html! {
                    <span class="grace__tick" style={format!("left:{}%", mark.percent)}></span>
                }) }
            </div>
            <div class="grace__note">
                <span>{ &*grace.used }{ for grace.link.iter().map(|link| html! { <>{ " " }{ link_button(link, dispatch) }</> }) }</span>
                <b>{ &*grace.next }</b>
            </div>
        </div>
    }
}

/// Labels at the ends stay inside the bar, others are centred over their place.
fn mark_place(percent: u8) -> String {
    match percent {
        0..=5 => "left:0".to_owned(),
        95.. => "right:0".to_owned(),
        percent => format!("left:{percent}%;transform:translateX(-50%)"),
    }
}
