//! Requests and faults through a history: logged, and in the past they make a fork.

use crate::api::Object;
use crate::cluster::{Client, Fault, Request, Status, World};

use super::{History, Input, LoggedInput};

impl Client for History {
    fn world(&self) -> &World {
        self.shown()
    }

    fn request(&mut self, request: Request) -> Result<Object, Status> {
        self.log(Input::Request(Box::new(request.clone())));
        let answer = self.head.world.request(request);
        self.note();
        answer
    }

    fn dry_run(&self, request: Request) -> Result<Object, Status> {
        self.shown().dry_run(request)
    }

    fn fault(&mut self, fault: Fault) {
        self.log(Input::Fault(fault.clone()));
        self.head.world.fault(fault);
        self.note();
    }
}

impl History {
    /// Notes an input that is about to be given to the head. What is shown becomes the head first.
    fn log(&mut self, input: Input) {
        self.fork();
        self.journey = None;
        // A run that is being made again ends here.
        self.inputs.truncate(self.head.next_input);
        self.head.finish_instant(&self.inputs);
        self.note();
        self.inputs.push(LoggedInput {
            at: self.head_time(),
            input,
        });
        self.head.next_input = self.inputs.len();
    }
}
