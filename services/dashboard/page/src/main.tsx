import { render } from 'preact';
import { App } from './app.tsx';
import './style/tokens.css';
import './style/shell.css';
import './style/parts.css';
import './style/views.css';
import { applyTheme } from './theme.ts';

applyTheme();
const place = document.getElementById('page');
if (place) render(<App />, place);
