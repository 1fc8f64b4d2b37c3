import { render } from 'preact';
import '../shared/theme.css';
import './gate.css';
import { takeToken } from './device';
import { Gate } from './gate';

const offered = takeToken(); // first of all: out of the address
render(<Gate offered={offered} />, document.getElementById('page')!);
