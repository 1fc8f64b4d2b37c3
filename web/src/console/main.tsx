import '../shared/theme.css';
